"""Whom clients trust: the bundle that SSL_CERT_FILE names, which OpenSSL reads by itself and others must be told of."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "SSL_CERT_FILE"


def bundle() -> str | None:
    """The file of the certificates to trust; None if the client's own are meant."""
    return os.environ.get(VARIABLE) or None


@contextmanager
def trusting(authority: str) -> Iterator[None]:
    """Have processes that are started meanwhile trust `authority`, a certificate in PEM, beside those of certifi.

    Those are wanted for what it costs to read them, which requests does for each connection.
    """
    import certifi  # noqa: PLC0415  (what else stands here, an interpreter without packages needs too)

    before = os.environ.get(VARIABLE)
    with tempfile.NamedTemporaryFile(prefix="trusted-", suffix=".pem") as file:
        file.write(Path(certifi.where()).read_bytes() + authority.encode())
        file.flush()
        os.environ[VARIABLE] = file.name
        try:
            yield
        finally:
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before
