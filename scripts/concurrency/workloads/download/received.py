"""What becomes of a page that a client reads: its bytes are counted, and nothing is kept.

Clients know of it only what stands here. A script that is made of them (`recommending`) has another one of these in its
place, which brings pages to disk.
"""

from concurrency.codings import ACCEPTED

HEADERS = {"Accept-Encoding": ACCEPTED}
SILENCE_S: float | None = None  # how long a server may say nothing: a sample has a limit of its own
TRUST_ENV = False  # no proxies or .netrc of the environment: the replay is on this machine


class Received:
    """What has come of the page at `url`."""

    __slots__ = ("size",)

    def __init__(self, url: str) -> None:
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """The next bytes of its decoded body."""
        self.size += len(chunk)

    def answer(self, status: int) -> tuple[int, int]:
        """What a client answers at the end of the body: the reply's status, and the size in bytes."""
        return status, self.size

    def failed(self, error: Exception) -> tuple[int, int]:
        """What it answers if the transfer failed."""
        return 0, 0
