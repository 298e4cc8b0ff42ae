"""TLS as the replay server speaks it: a throwaway authority, and connections without any input or output of their own.

The handshake and the encryption are real, for what they cost a client; when their bytes leave is the server's business,
which delays each flight of the handshake as the path would.
"""

import ssl
from contextlib import suppress

import trustme

HTTP2, HTTP1 = "h2", "http/1.1"


class Authority:
    """An authority of which nobody has heard, with a certificate for 127.0.0.1: both are forgotten with it.

    `pem` is what a client must trust (`trust.trusting`).
    """

    def __init__(self) -> None:
        authority = trustme.CA()
        self.pem = authority.cert_pem.bytes().decode()
        self._certificate = authority.issue_cert("127.0.0.1")

    def context(self, version: str, http2: bool) -> ssl.SSLContext:
        """A server's side of TLS of exactly this version (1.2 or 1.3), with HTTP/2 among what it offers or without.

        Sessions can be resumed with the same context only: one for each host, for all of its connections.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[f"TLSv{version.replace('.', '_')}"]
        context.set_alpn_protocols([HTTP2, HTTP1] if http2 else [HTTP1])
        self._certificate.configure_cert(context)
        return context


class Tls:
    """The server's side of a client's connection; what is to be sent of it, `outgoing` has.

    `is_ready`: the handshake is over, for the server; `is_over`: nothing more will come, because the client has said so
    or because TLS has failed, in which case `outgoing` has the alert that tells it why.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.is_ready = self.is_over = False
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_side=True)

    def receive(self, raw: bytes) -> bytes:
        """What the client has said, as far as it is known; empty during the handshake."""
        self._in.write(raw)
        pieces = []
        try:
            if not self.is_ready:
                self._object.do_handshake()
                self.is_ready = True
            while piece := self._object.read(1 << 16):
                pieces.append(piece)
            self.is_over = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.is_over = True
        return b"".join(pieces)

    def send(self, plain: bytes) -> bytes:
        """Encrypted, and all that was outgoing before; only when ready."""
        if plain:
            self._object.write(plain)
        return self.outgoing()

    def outgoing(self) -> bytes:
        """What is to be sent now: a flight of the handshake, session tickets, an alert; empty if nothing is."""
        return self._out.read()

    def close(self) -> bytes:
        """What tells the client that no more will come."""
        with suppress(ssl.SSLError):  # the client has not said so, and need not
            self._object.unwrap()
        return self.outgoing()

    @property
    def version(self) -> str:
        """`TLSv1.3` and the like; empty before the client has been heard."""
        return self._object.version() or ""

    @property
    def is_resumed(self) -> bool:
        """Whether the client brought a session of before: no certificate was sent then."""
        return bool(self._object.session_reused)

    @property
    def protocol(self) -> str:
        """What was agreed on by ALPN: h2 or http/1.1; empty if the client offered nothing."""
        return self._object.selected_alpn_protocol() or ""
