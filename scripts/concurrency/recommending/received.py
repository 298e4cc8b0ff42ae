"""What becomes of a page in a script: its body goes into a file of its own, hashed; instead of `download.received`."""

import hashlib
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from concurrency.recommending.parts import Failed, failed

ACCEPTED = "identity"  # clients do not notice that a compressed body was cut where its length was told so
HEADERS = {"Accept-Encoding": ACCEPTED}
SILENCE_S = 60.0  # how long a server may say nothing
TRUST_ENV = True  # proxies and logins of the environment


class Received:
    """What has come of the page at `url`, in a file of the current folder; a whole body goes to the folder above."""

    def __init__(self, url: str) -> None:
        self.url, self.size, self.digest = url, 0, hashlib.sha256()
        self.part = Path(uuid.uuid4().hex)
        self.file = self.part.open("wb")

    def add(self, chunk: bytes) -> None:
        """The next bytes of its decoded body."""
        self.size += len(chunk)
        self.digest.update(chunk)
        self.file.write(chunk)

    def answer(self, status: int) -> Any:
        """What came of it, by the reply's status."""
        try:
            self.file.close()
        except OSError as error:  # a full disk
            return self.failed(error)
        if status != 200:
            self.part.unlink()
            return Failed("HTTPStatus", str(status))
        digest, host = self.digest.hexdigest(), str(urlsplit(self.url).hostname)[:100]
        name = f"{host}-{hashlib.sha256(self.url.encode()).hexdigest()[:16]}-{digest[:16]}"  # no two bodies share one
        self.part.replace(Path("..", name))
        return {"status": status, "bytes": self.size, "sha256": digest, "file": name}

    def failed(self, error: Exception) -> Failed:
        """How the transfer failed."""
        with suppress(OSError):
            self.file.close()
        self.part.unlink()
        return failed(error)
