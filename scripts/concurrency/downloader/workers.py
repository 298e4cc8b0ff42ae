"""The workers: as many as requests may be under way, each doing one job of the schedule after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic

from concurrency.schedule import Host, Job, Schedule


class Workers(Generic[Job]):
    """Up to `most` of them do `step(host, job)` for what `schedule` has, and begin nothing while `is_full()`."""

    def __init__(
        self,
        schedule: Schedule[Job],
        most: int,
        is_full: Callable[[], bool],
        step: Callable[[Host[Job], Job], Awaitable[None]],
    ) -> None:
        self.busy = 0
        self._schedule, self._most, self._is_full, self._step = schedule, most, is_full, step
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopped = False

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Let them work, as tasks of that group."""
        self._tasks = tasks
        self.fill()

    def stop(self) -> None:
        """Let them begin nothing more."""
        self._is_stopped = True
        if self._timer:
            self._timer.cancel()

    def fill(self) -> None:
        """Have as many busy as may be; to be called when that may be more than before."""
        while self.busy < self._most and (turn := self._turn()):
            self._tasks.create_task(self._work(turn))

    async def _work(self, turn: tuple[Host[Job], Job] | None) -> None:
        while turn:
            host, job = turn
            await self._step(host, job)
            self.busy -= 1
            self._schedule.leave(host)
            turn = self._turn()
            if turn:  # what came of the last one may let more than one begin
                self.fill()

    def _turn(self) -> tuple[Host[Job], Job] | None:
        """The next job that may begin now, if there is one; a worker is busy with it from now on."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._is_stopped or self._is_full():
            return None
        if turn := self._schedule.take(monotonic()):
            self.busy += 1
        elif change := self._schedule.next_change():
            self._timer = asyncio.get_running_loop().call_at(change, self.fill)
        return turn
