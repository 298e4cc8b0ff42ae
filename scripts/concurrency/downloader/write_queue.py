"""Hands ended pages to the writing process, so that hashing and the disk take nothing from the event loop.

A thread would: it asks for the GIL after every system call, and the loop waits for it as often.
"""

import asyncio
import io
import mmap
import os
import pickle
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, cast

from concurrency.downloader.disk import disk, write
from concurrency.downloader.failures import FetchError
from concurrency.downloader.page import Page, values
from concurrency.downloader.part import SPILL, Part
from concurrency.downloader.store import Store
from concurrency.downloader.writer_process import LENGTH_BYTES
from concurrency.errors import UserError
from concurrency.processes import environment

STARTS = ("concurrency.downloader.writer_process",)
AREA = 4 * SPILL  # of the shared memory, for a batch's bodies; any body in memory is smaller than SPILL
AREAS = 3  # for the batch that is written, the next one, sent ahead, and the one that is filled
MOST_PAGES = 100  # in a batch
ENOUGH, GATHER_S = SPILL, 0.005  # a batch of fewer bytes waits so long for more: each costs both processes a wake-up
AHEAD_BYTES = 32_000  # a longer message is not sent ahead, for the pipe may not take it while nobody reads
UNWRITTEN_BYTES = 64 << 20  # of bodies; beyond it, the memory is what would wait for the disk


@dataclass(slots=True, eq=False)
class _Entry:
    """A page, with its body unless it failed, and the connections that it came over and that are not certain; or (a
    number) one that is now. `then` is called when that is in the journal."""

    what: Page | int
    part: Part | None
    connections: Sequence[int]
    then: Callable[[FetchError | None], None]


class WriteQueue:
    """What the writing process of one store has to do: use it with `with`, inside a running event loop."""

    def __init__(self, store: Store, max_bytes: int) -> None:
        self._store, self._max_bytes = store, max_bytes
        self._waiting: deque[_Entry] = deque()
        self._unwritten = 0
        self._batch: list[_Entry] = []
        self._message: list[Any] = []  # the batch as the process gets it
        self._begin, self._end = 0, 0  # where the batch's bodies are in the shared memory
        self._sent: deque[list[_Entry]] = deque()
        self._called = asyncio.Event()

    def __enter__(self) -> "WriteQueue":
        with disk(self._store.folder), _shared_file() as shared:
            self._bodies = mmap.mmap(shared.fileno(), AREAS * AREA)
            arguments = [str(self._store.folder), str(self._store.state), str(self._max_bytes), str(shared.fileno())]
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "concurrency.downloader.writer_process", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                pass_fds=[shared.fileno(), self._store.lock],  # the store stays locked until this process has ended
                process_group=0,  # Ctrl-C is for us; it ends with its input
                env=environment(),
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # which closes the pipes and waits
            self._bodies.close()

    @property
    def is_full(self) -> bool:
        """Whether so much waits that no request should be started."""
        return self._unwritten >= UNWRITTEN_BYTES

    @property
    def is_idle(self) -> bool:
        """Whether all that was put here is written."""
        return not (self._waiting or self._batch or self._sent)

    def put(
        self,
        page: Page,
        part: Part | None,
        then: Callable[[FetchError | None], None],
        connections: Sequence[int] = (),
    ) -> None:
        """Let `part`, a complete body, become the page's file (None: the page failed), and journal the page as one that
        came over these `connections`, which are not certain yet.

        `then` is called when that is done: with a FetchError if the body does not decode; nothing is journalled then.
        """
        self._put(_Entry(page, part, connections, then))

    def mark(self, connection: int, then: Callable[[FetchError | None], None]) -> None:
        """Journal that what came over `connection` is certain, as far as it was put here before."""
        self._put(_Entry(connection, None, (), then))

    def _put(self, entry: _Entry) -> None:
        self._waiting.append(entry)
        self._unwritten += entry.part.size if entry.part else 0
        self._fill()
        self._send_enough()
        self._called.set()

    async def run(self) -> None:
        """Write what is put here, until cancelled. Raises UserError where the disk fails or the process was ended."""
        replies = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(replies), self._process.stdout
        )
        try:
            while True:
                await self._called.wait()
                self._called.clear()
                while self._sent or self._batch:
                    await self._end_batch(replies)
        finally:
            pipe.close()

    async def _end_batch(self, replies: asyncio.StreamReader) -> None:
        """Let the first batch end that was sent, or will be."""
        if not self._sent:
            await asyncio.sleep(GATHER_S)
        if not self._sent:
            self._send()
        outcomes = await self._reply(replies)
        batch = self._sent.popleft()
        self._send_enough()
        for entry, (kind, *found) in zip(batch, outcomes, strict=True):
            self._unwritten -= entry.part.size if entry.part else 0
            if kind:
                detail, passing = found
                entry.then(FetchError(kind, detail, passing=passing))
                continue
            if isinstance(page := entry.what, Page):
                page.bytes, page.sha256, page.file = found
                self._store.ended(page)
            entry.then(None)

    def _fill(self) -> None:
        """Move what waits into the next batch, as far as there is room."""
        while self._waiting and len(self._batch) < MOST_PAGES:
            entry, body = self._waiting[0], None
            if part := entry.part:
                begin = self._end
                if begin + part.in_memory > self._begin + AREA:
                    return
                self._end = part.move_to(self._bodies, begin)
                body = part.codings, None if part.on_disk else (begin, self._end)
            self._batch.append(self._waiting.popleft())
            page = entry.what
            self._message.append((*values(page), entry.connections, body) if isinstance(page, Page) else page)

    def _send_enough(self) -> None:
        if (self._end - self._begin >= ENOUGH or len(self._batch) == MOST_PAGES) and len(self._sent) < AREAS - 1:
            self._send()

    def _send(self) -> None:
        data = pickle.dumps(self._message, protocol=5)
        if self._sent and len(data) > AHEAD_BYTES:
            return
        with suppress(BrokenPipeError):  # `_reply` raises what to say of it
            write(cast(io.FileIO, self._process.stdin), data)
        self._sent.append(self._batch)
        self._batch, self._message = [], []
        self._begin = self._end = (self._begin + AREA) % (AREAS * AREA)
        self._fill()

    async def _reply(self, replies: asyncio.StreamReader) -> list[tuple[Any, ...]]:
        try:
            size = int.from_bytes(await replies.readexactly(LENGTH_BYTES), "big")
            reply = pickle.loads(await replies.readexactly(size))  # noqa: S301  (our own process wrote it)
        except asyncio.IncompleteReadError:
            raise UserError(
                f"{self._store.folder}: the process that writes here was ended (out of memory?); run the same command "
                "again, what was fetched is kept"
            ) from None
        if isinstance(reply, str):
            raise UserError(reply)
        return list(reply)


def _shared_file() -> IO[bytes]:
    """Some memory that another process can map too; where there is no memfd, an unnamed file."""
    file = os.fdopen(os.memfd_create("bodies"), "r+b") if hasattr(os, "memfd_create") else tempfile.TemporaryFile()
    file.truncate(AREAS * AREA)
    return file
