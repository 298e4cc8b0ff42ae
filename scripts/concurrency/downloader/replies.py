"""What replies and errors mean: the failure behind either, how long to wait, whether a body can be continued."""

import email.utils
import re
import socket
import ssl
import time
from collections.abc import Mapping

import aiohttp
from aiohttp import hdrs, http_exceptions

from concurrency.downloader.failures import FetchError
from concurrency.downloader.framing import Framing
from concurrency.downloader.limits import RETRY_STATUSES, Limits
from concurrency.downloader.part import Part

REDIRECTS = (301, 302, 303, 307, 308)
OVERLOADED = (429, 503)  # the whole host wants to be left alone
WAITING = (403, 413)  # tried again only where they say when (others say so with statuses that are tried again anyway)


def failure_of(error: Exception, sent: bool, body_begun: bool) -> FetchError:
    """The failure that an exception of aiohttp, or of what lies beneath it, means."""
    kind, passing = _kind_of(error, sent, body_begun)
    detail = str(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        detail = f"status {error.status} {error.message}"
    elif isinstance(error, aiohttp.ClientResponseError | http_exceptions.HttpProcessingError):
        detail = error.message  # it comes with a status 400 that no server has sent
    return FetchError(kind, detail or type(error).__name__, passing=passing)


def _kind_of(error: Exception, sent: bool, body_begun: bool) -> tuple[str, bool | None]:
    kind, passing = "protocol", None
    match error:
        case aiohttp.ClientConnectorDNSError():
            kind, passing = "dns", error.os_error.errno == socket.EAI_AGAIN
        case aiohttp.ClientProxyConnectionError():
            kind, passing = "proxy", True
        case aiohttp.ClientHttpProxyError():
            kind, passing = "proxy", error.status in RETRY_STATUSES
        case aiohttp.ClientSSLError() | ssl.SSLError():
            kind = "truncated" if sent else "tls"
        case aiohttp.ClientPayloadError():
            kind = "truncated"
        case aiohttp.ClientResponseError() | http_exceptions.HttpProcessingError():
            kind = "too_many_headers" if _is_too_many_headers(error) else "protocol"
        case aiohttp.ClientConnectionError() | OSError():
            kind = "truncated" if body_begun else "disconnected" if sent else "connect"
        case ValueError():  # from yarl, from aiohttp, or from encoding a host name
            kind = "url"
    return kind, passing


def _is_too_many_headers(error: BaseException | None) -> bool:
    while error is not None:
        if "Too many headers" in str(error):
            return True
        error = error.__cause__
    return False


def refusal(part: Part, reply: aiohttp.ClientResponse, limits: Limits) -> FetchError:
    """What a reply that brings no page means; `part` is dropped if it is why."""
    detail = f"status {reply.status} {reply.reason or ''}"
    if is_ranged(reply) and reply.status in (206, 416):
        part.drop()
        return FetchError("status", f"{detail}; the part fetched earlier does not fit any more", passing=True)
    wait_s = asked_wait_s(reply, limits)
    passing = reply.status in limits.retry_statuses or bool(wait_s and reply.status in WAITING)
    return FetchError("status", detail, passing=passing, wait_s=wait_s)


def is_ranged(reply: aiohttp.ClientResponse) -> bool:
    """Whether it was only asked for what is missing of a part."""
    return hdrs.RANGE in reply.request_info.headers


def asked_wait_s(reply: aiohttp.ClientResponse, limits: Limits) -> float:
    """How long the server wants to be left alone, as far as that is let pass."""
    return min(_retry_after_s(reply.headers), limits.max_wait_s)


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Retry-After in seconds, given as such or as a date; 0 if there is none that can be read."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    return max(0.0, (_date(text) or 0.0) - (_date(headers.get("Date", "")) or time.time()))


def _date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def strong_validator(headers: Mapping[str, str]) -> str:
    """What If-Range may carry for this reply: a strong ETag, or a Last-Modified that RFC 9110 lets pass as strong."""
    etag, last_modified = headers.get(hdrs.ETAG, "").strip(), headers.get(hdrs.LAST_MODIFIED, "")
    if not (etag or last_modified) or headers.get(hdrs.ACCEPT_RANGES, "").strip().lower() == "none":
        return ""
    if etag:
        return etag if etag.startswith('"') else ""
    modified, date = _date(last_modified), _date(headers.get(hdrs.DATE, ""))
    return last_modified if modified and date and date - modified >= 60 else ""


def continues(part: Part, headers: Mapping[str, str], framing: Framing) -> int | None:
    """How many bytes there are in all, if a 206 with these headers is to bring exactly what is missing of `part`."""
    found = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", headers.get("Content-Range", "").strip())
    if part.origin is None or found is None:
        return None
    first, last, total = map(int, found.groups())
    is_the_rest = (
        first == part.size
        and last == total - 1
        and part.origin.total in (None, total)
        and framing.length in (None, total - first)
        and headers.get("ETag", part.origin.validator).strip() == part.origin.validator
        and framing.codings == part.origin.codings
    )
    return total if is_the_rest else None
