"""The measuring process, as a fresh interpreter that it has started sees it: two pipes, whose ends are its arguments.

They are apart from the standard streams, so that whatever a strategy or a user's function prints, reads or closes is
taken for nothing else, and no program that it starts gets hold of them.
"""

import os
import signal
import sys
import threading
from json import dumps, loads  # by these names, whatever strangers' code makes of `json.dumps` meanwhile
from os import write
from typing import Any


class Parent:
    """Takes orders, of which the first is a JSON line and each further one a byte; gets JSON lines."""

    def __init__(self) -> None:
        self._orders, self._results = map(int, sys.argv[1:3])
        for end in (self._orders, self._results):
            os.set_inheritable(end, False)
        self._turn = threading.Semaphore(0)
        self._pid = os.getpid()

    def first_order(self) -> dict[str, Any]:
        """To be taken once; from then on, this process and its workers (they share our group) end with the parent."""
        line = bytearray()
        while not line.endswith(b"\n"):
            if not (piece := os.read(self._orders, 1 << 20)):
                sys.exit("the measuring process has ended")
            line += piece
        threading.Thread(target=self._follow, daemon=True).start()
        order: dict[str, Any] = loads(line)
        return order

    def await_order(self) -> None:
        """Go on when the parent says so."""
        self._end_a_copy()
        self._turn.acquire()

    def tell(self, **message: Any) -> None:
        """Send `message`, which JSON must be able to carry."""
        self._end_a_copy()
        left = memoryview(dumps(message).encode() + b"\n")
        while left:
            left = left[write(self._results, left) :]

    def _end_a_copy(self) -> None:
        """A process that a user's function has forked, and that came back from there, must not answer, too."""
        if os.getpid() != self._pid:
            os._exit(0)

    def _follow(self) -> None:
        while os.read(self._orders, 1):
            self._turn.release()
        os.killpg(0, signal.SIGKILL)
