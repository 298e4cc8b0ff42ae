"""A fresh interpreter for one sample, and the pipes to it."""

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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from concurrency import processes

log = logging.getLogger(__name__)

STARTS = ("concurrency.measuring.sample",)
CLEANUP_S = 20.0


class SampleError(Exception):
    """A sample that brought no result; the message says why."""


class Child:
    """A fresh interpreter running `concurrency.measuring.sample`, and the two pipes to it."""

    def __init__(self, executable: str) -> None:
        self._stderr = tempfile.TemporaryFile()  # a pipe would stall a child that writes more than it holds
        self._process = subprocess.Popen(
            [executable or sys.executable, "-P", "-m", "concurrency.measuring.sample"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            start_new_session=True,  # a group of its own, so that it can be ended with all of its workers
            env=processes.environment(executable),
        )
        assert self._process.stdin and self._process.stdout
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self.pid = self._process.pid

    def send(self, data: bytes) -> None:
        with suppress(BrokenPipeError):  # it has died; `receive` says so
            view = memoryview(data)
            while view:
                view = view[self._stdin.write(view) :]

    def receive(self, timeout_s: float | None, key: str) -> dict[str, Any]:
        """Its next line. Raises SampleError if it dies first (workers that it leaves behind may hold the pipe open), or
        takes longer than `timeout_s`, which the configuration calls `key`."""
        line = b""
        deadline = time.monotonic() + (math.inf if timeout_s is None else timeout_s)
        while not line.endswith(b"\n"):
            if time.monotonic() > deadline:
                raise SampleError(f"no result within {timeout_s:g} s ({key})")
            ended = self._process.poll() is not None  # before the last look: what it said at its end counts
            if select.select([self._stdout], [], [], 0 if ended else 0.5)[0]:
                line += (chunk := self._stdout.read(1 << 20))
                if chunk:
                    continue
            elif not ended:
                continue
            raise SampleError(self._how_it_ended())
        message: dict[str, Any] = json.loads(line)
        return message

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"the sample's process was ended by {signal.Signals(-code).name}"
        self._stderr.seek(0)
        message = self._stderr.read().decode(errors="replace").strip()
        log.info("%s", message)
        return message.rpartition("\n")[2] or f"the sample's process ended with exit code {code}"

    def wait(self) -> None:
        """Let it clean up; what takes longer than that is ended with it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(CLEANUP_S)

    def end(self) -> None:
        """End what is left of it and of its workers, and close the pipes."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for file in (self._stdin, self._stdout, self._stderr):
            file.close()


@contextmanager
def fresh_interpreter(executable: str) -> Iterator[Child]:
    try:
        child = Child(executable)
    except OSError as error:  # it was there when the campaign began
        raise SampleError(f"{executable or sys.executable} cannot be started: {error.strerror}") from error
    try:
        yield child
    finally:
        child.end()
