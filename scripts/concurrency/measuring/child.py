"""A fresh interpreter for one sample, and the pipes to it."""

import errno
import json
import logging
import math
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from concurrency import processes

log = logging.getLogger(__name__)

STARTS = ("concurrency.measuring.sample", "concurrency.measuring.checking", "concurrency.measuring.sweep")
CLEANUP_S = 20.0
FULL = (errno.ENOSPC, errno.EDQUOT)
ROOM = 1 << 16  # bytes
MOST_TOLD = 1 << 16  # bytes, the last ones, of what it printed


class SampleError(Exception):
    """A sample that brought no result; the message says why, and `failed` of how many items it is known."""

    def __init__(self, message: str, failed: int = 0) -> None:
        super().__init__(message)
        self.failed = failed


class KilledError(SampleError):
    """One whose process was ended by a signal. That is an outcome, whenever it was: measuring until it survives would
    select lucky rounds."""


class NotTakenError(SampleError):
    """One that could not be taken: it did not start, or there was no room for what came of it. That is no evidence."""


class Child:
    """A fresh interpreter running `module`, one of ours, and two pipes to it, apart from its standard streams: these
    are the user's code's, with nothing to read."""

    def __init__(self, executable: str, module: str) -> None:
        self._stderr = tempfile.TemporaryFile()  # a pipe would stall a child that writes more than it holds
        orders, self._orders = os.pipe()
        self._results, results = os.pipe()
        self._kills_before = processes.kills_for_memory()
        try:
            self._process = subprocess.Popen(
                [executable or sys.executable, "-P", "-m", module, str(orders), str(results)],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
                pass_fds=(orders, results),
                start_new_session=True,  # a group of its own, so that it can be ended with all of its workers
                env=processes.environment(executable),
            )
        except OSError:
            self._close()
            raise
        finally:
            os.close(orders)
            os.close(results)
        self.pid = self._process.pid

    def send(self, order: dict[str, Any]) -> None:
        """Its first order."""
        self._write(json.dumps(order).encode() + b"\n")

    def go_on(self) -> None:
        """Each further one."""
        self._write(b"g")

    def _write(self, data: bytes) -> None:
        with suppress(BrokenPipeError):  # it has died; `receive` says so
            view = memoryview(data)
            while view:
                view = view[os.write(self._orders, view) :]

    def ready(self, timeout_s: float | None, key: str) -> dict[str, Any]:
        """Its first line, as `receive` has it, by which it says that all is imported. Raises NotTakenError where that
        would raise a SampleError, unless it was killed."""
        try:
            return self.receive(timeout_s, key, late="what it needs was not imported")
        except KilledError:
            raise
        except SampleError as error:
            raise NotTakenError(str(error)) from error

    def receive(
        self, timeout_s: float | None, key: str, watch: Callable[[], None] | None = None, late: str = "no result"
    ) -> dict[str, Any]:
        """Its next line. Raises SampleError if it dies first (workers that it leaves behind may hold the pipe open), or
        takes longer than `timeout_s`, which the configuration calls `key`: that says what is `late`. What `watch`,
        which is called every half second meanwhile, raises goes through."""
        line = bytearray()
        deadline = time.monotonic() + (math.inf if timeout_s is None else timeout_s)
        while not line.endswith(b"\n"):
            if time.monotonic() > deadline:
                raise SampleError(f"{late} within {timeout_s:g} s ({key})")
            if watch:
                watch()
            ended = self._process.poll() is not None  # before the last look: what it said at its end counts
            if select.select([self._results], [], [], 0 if ended else 0.5)[0]:
                line += (chunk := os.read(self._results, 1 << 20))
                if chunk:
                    continue
                time.sleep(0.0 if ended else 0.05)  # it has closed its end, and may live on
            if not ended:
                continue
            raise self._how_it_ended()
        message: dict[str, Any] = json.loads(line)
        return message

    def _how_it_ended(self) -> SampleError:
        code = self._process.wait()
        told = f"the sample's process {processes.how_it_ended(code, self._kills_before)}"
        if code < 0:
            return KilledError(told)
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - MOST_TOLD))
        message = self._stderr.read().decode(errors="replace").strip()
        log.info("%s", message)
        last = message.rpartition("\n")[2]
        return SampleError(last if code == 1 and last else told)

    def wait(self, most_s: float = CLEANUP_S) -> bool:
        """Let it clean up; what takes longer than that is ended with it. Whether it has ended by itself."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(most_s)
        return self._process.poll() is not None

    def end(self) -> None:
        """End what is left of it and of its workers, and close the pipes."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._close()

    def _close(self) -> None:
        os.close(self._orders)
        os.close(self._results)
        self._stderr.close()


@contextmanager
def fresh_interpreter(executable: str, module: str = STARTS[0]) -> Iterator[Child]:
    """One that runs `module`; it is ended at the end. Raises NotTakenError where it cannot be started, and in place of
    a SampleError where nothing more can be written, unless it was killed."""
    try:
        child = Child(executable, module)
    except OSError as error:  # it was there when the campaign began
        raise NotTakenError(f"{executable or sys.executable} cannot be started: {error.strerror}") from error
    try:
        yield child
    except KilledError:
        raise
    except SampleError as error:
        if full := _no_room():  # while what it has written is there
            raise NotTakenError(f"{full} ({error})") from error
        raise
    finally:
        child.end()


def _no_room() -> str:
    """Why what samples answer and print cannot be written; empty where it can."""
    try:
        with tempfile.TemporaryFile() as file:
            file.write(bytes(ROOM))
            file.flush()
    except OSError as error:
        if error.errno not in FULL:
            raise
        return f"{tempfile.gettempdir()}: {error.strerror}"
    return ""
