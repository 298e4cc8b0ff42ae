"""Where a server misbehaves: many ports of it, each with faults of its own."""

import datetime
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from helpers.server import CLOSE, RESET, STALL, FaultServer

BAD_REQUEST = [0.05, b"HTTP/1.1 400 Bad Request\r\n\r\n", 0.1, CLOSE]


@dataclass
class Places:
    """A fault server on many ports: each place's URL up to the path, and the environment it wants."""

    server: FaultServer
    authority: Path
    urls: dict[str, str] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict)


def unheard(taken: ExitStack, family: int = socket.AF_INET) -> int:
    """A port at which nobody listens, nor anybody else will."""
    bound = taken.enter_context(socket.socket(family))
    bound.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    return bound.getsockname()[1]


def has_ipv6() -> bool:
    with ExitStack() as taken:
        try:
            unheard(taken, socket.AF_INET6)
        except OSError:
            return False
        return True


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


@contextmanager
def serving(folder: Path) -> Iterator[Places]:
    """All places, served; `folder` gets the certificate of the authority that signed theirs."""
    authority, stranger = trustme.CA(), trustme.CA()
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificates = {
        "tls": authority.issue_cert("127.0.0.1"),
        "self-signed": stranger.issue_cert("127.0.0.1"),
        "expired": authority.issue_cert("127.0.0.1", not_after=yesterday),
        "wrong host": authority.issue_cert("other.test"),
    }
    pem = folder / "authority.pem"
    authority.cert_pem.write_to_path(pem)
    with FaultServer() as server, socket.socket() as full, socket.socket() as filling, ExitStack() as taken:
        here = Places(server, pem)
        plain = server.listen()
        here.urls["plain"] = f"http://127.0.0.1:{plain}"
        for name, certificate in certificates.items():
            here.urls[name] = f"https://127.0.0.1:{server.listen(tls=_context(certificate))}"
        here.urls["closed"] = f"http://127.0.0.1:{unheard(taken)}"
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        filling.connect(full.getsockname())
        here.urls["full"] = f"http://127.0.0.1:{full.getsockname()[1]}"
        here.urls["resetting"] = f"http://127.0.0.1:{server.listen(greeting=[RESET])}"
        here.urls["unknown"] = "http://unknown.invalid"
        here.urls["empty label"] = "http://empty..label.test"
        if has_ipv6():
            here.urls["ipv6"] = f"http://[::1]:{server.listen('::1')}"
            here.urls["ipv6 closed"] = f"http://[::1]:{unheard(taken, socket.AF_INET6)}"
        here.urls["tls to plain"] = f"https://127.0.0.1:{server.listen(greeting=BAD_REQUEST)}"
        here.urls["plain to tls"] = here.urls["tls"].replace("https", "http")
        here.urls["tls to closing"] = f"https://127.0.0.1:{server.listen(greeting=[CLOSE])}"
        here.urls["tls to stalling"] = f"https://127.0.0.1:{server.listen(greeting=[STALL])}"
        refusing = server.listen(greeting=[0.05, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 0.1, CLOSE])
        for name, url, port in (
            ("proxy", "http://pages.test", plain),
            ("proxy down", "http://pages.test", unheard(taken)),
            ("tls by proxy", here.urls["tls"], plain),
            ("tls by refusing proxy", here.urls["tls"], refusing),
        ):
            here.urls[name] = url
            variable = "https_proxy" if url.startswith("https") else "http_proxy"
            here.environments[name] = {variable: f"http://127.0.0.1:{port}", "no_proxy": ""}
        for name, proxy in (
            ("proxy without a scheme", "127.0.0.1:3128"),
            ("unknown proxy", "http://user:secret@proxy.invalid:3128"),
            ("proxy for SOCKS", f"socks5://127.0.0.1:{plain}"),
        ):
            here.urls[name] = "http://pages.test"
            here.environments[name] = {"http_proxy": proxy, "no_proxy": ""}
        yield here
