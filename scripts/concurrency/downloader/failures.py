"""Why a page could not be had: the closed set of classes that the `error` column of pages.csv can hold."""

from dataclasses import dataclass

from concurrency.errors import printable

MOST_DETAIL = 300  # characters; servers may have chosen them


@dataclass(frozen=True)
class Kind:
    """A class of failures: what it means, what the user can do about it, and whether trying again can help."""

    meaning: str
    remedy: str
    passing: bool = False


KINDS = {
    "url": Kind("the URL cannot be requested", "correct the URL"),
    "robots": Kind(
        "robots.txt forbids it, or could not be read", "ask the operator; download.live.robots: false ignores it"
    ),
    "dns": Kind("the host's name could not be looked up", "check the name and the network; run again"),
    "connect": Kind("no connection could be made", "check that the server is up; run again", passing=True),
    "proxy": Kind("the proxy could not be used", "check http_proxy, https_proxy and no_proxy"),
    "tls": Kind(
        "the certificate or the TLS handshake is bad", "check the name and clock; SSL_CERT_FILE adds an own CA"
    ),
    "connect_timeout": Kind("connecting took too long", "run again, or raise download.limits.connect_s", passing=True),
    "first_byte_timeout": Kind(
        "the reply's header did not come in time", "run again, or raise download.limits.first_byte_s", passing=True
    ),
    "idle_timeout": Kind("the body stopped coming", "run again, or raise download.limits.idle_s", passing=True),
    "too_slow": Kind("the body only dripped", "run again, or lower download.limits.min_bytes_per_s", passing=True),
    "attempt_timeout": Kind("one try took too long", "run again, or raise download.limits.attempt_s", passing=True),
    "page_timeout": Kind("all tries together took too long", "run again, or raise download.limits.page_s"),
    "disconnected": Kind("the connection ended before the reply's header", "run again", passing=True),
    "unasked": Kind(
        "the server sends what it was not asked for, so that no reply is certain", "tell the operator", passing=True
    ),
    "truncated": Kind("the body ended early", "run again", passing=True),
    "protocol": Kind("the reply is not valid HTTP", "tell the operator"),
    "header_too_large": Kind("the reply's header is too large", "raise download.limits.max_header_bytes"),
    "too_many_headers": Kind("the reply's header has too many lines", "raise download.limits.max_headers"),
    "status": Kind("a status other than 200", "look at the status column; 404, 410: remove the URL"),
    "redirect": Kind(
        "a redirect that is not followed", "give the URL that it ends at, or see download.limits.max_redirects"
    ),
    "encoding": Kind("a Content-Encoding unknown, corrupt or absurd", "tell the operator"),
    "too_large": Kind("the body is larger than allowed", "raise download.limits.max_bytes"),
    "internal": Kind("a fault of this workflow", "report it, with the traceback in the log"),
}


class FetchError(Exception):
    """A page that could not be had: `kind` is its class, the message says what exactly happened.

    `passing` says whether another try can help; `wait_s` how long the server asked to be left alone.
    """

    def __init__(self, kind: str, detail: str, *, passing: bool | None = None, wait_s: float = 0.0) -> None:
        line = printable(detail)
        super().__init__(line if len(line) <= MOST_DETAIL else f"{line[:MOST_DETAIL]}…")
        self.kind = kind
        self.passing = KINDS[kind].passing if passing is None else passing
        self.wait_s = wait_s

    def again(self) -> "FetchError":
        """The same for another page (one exception raised many times would keep the traceback of each)."""
        return FetchError(self.kind, str(self), passing=self.passing, wait_s=self.wait_s)


def fault(error: Exception) -> FetchError:
    """The failure that a fault of ours is for its page."""
    return FetchError("internal", f"{type(error).__name__}: {error}")
