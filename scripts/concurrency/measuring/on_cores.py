"""Which threads of a process and its descendants were on a core, and which were ready and had none, seen from outside.

Linux counts for each thread the time it ran and the time it was ready without a core, in nanoseconds
(https://docs.kernel.org/scheduler/sched-stats.html, /proc/<pid>/schedstat). Both are read about every millisecond by a
thread of the measuring process, which needs nothing of the traced interpreter, above all not its GIL. The sums are the
kernel's; where in a millisecond a thread came or went is told by what it did before and after.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from concurrency import notes

ON_A_CORE, NO_CORE = "on a core", "ready, no core free"
EVERY_S = 0.001
LOOKS_FOR_PROCESSES_S = 0.01  # what a process did before it was found is in its counters
SHARE = 4  # of its time, it looks no more than one part in so many
BLIND_S, MOST = 0.005, 0.8  # so long without a look, only what filled most of it is known
BLUR_S = 0.0002  # what is shorter cannot be placed, and is taken as what is around it

Reading = tuple[float, float, float]  # when, and the seconds run and waited for a core until then


class Slice(NamedTuple):
    """What a thread did from when to when."""

    state: str
    begin: float
    end: float


@contextmanager
def watched(root: int, file: str) -> Iterator[None]:
    """Note in `file` what the threads of process `root` and its descendants do meanwhile, each when it is over."""
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(root, file, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _watch(root: int, file: str, over: threading.Event) -> None:
    readings: dict[tuple[int, int], list[Reading]] = {}
    processes, looked = [root], 0.0
    while not over.is_set():
        began = time.perf_counter()
        if began - looked > LOOKS_FOR_PROCESSES_S:
            processes, looked = _tree(root), began
        for process in processes:
            with suppress(OSError):  # it has ended
                for thread in map(int, os.listdir(f"/proc/{process}/task")):  # noqa: PTH208  (a Path takes three times as long)
                    _read(readings.setdefault((process, thread), []), process, thread)
        over.wait(max(EVERY_S, (SHARE - 1) * (time.perf_counter() - began)))
    for (process, thread), own in readings.items():
        if found := slices(own):
            notes.note(file, what="thread", process=process, thread=thread, slices=found)


def _read(readings: list[Reading], process: int, thread: int) -> None:
    with suppress(OSError):
        ran, waited, _ = Path(f"/proc/{process}/task/{thread}/schedstat").read_bytes().split()
        readings.append((time.perf_counter(), int(ran) / 1e9, int(waited) / 1e9))


def _tree(root: int) -> list[int]:
    """A process and all that come from it, however they were started."""
    found = [root]
    for process in found:
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208
                children = Path(f"/proc/{process}/task/{thread}/children").read_bytes()
                found += map(int, children.split())
    return found


def slices(readings: Sequence[Reading]) -> list[Slice]:
    """When a thread was on a core, and when ready without one, in order of time.

    Between two readings it ran for so long: where it had run until then, and not after them, from their beginning on;
    else until their end. Before that, it waited for a core.
    """
    found: list[Slice] = []
    ran_before = waited_before = 0.0
    for number, (at, ran, waited) in enumerate(readings):
        run, wait = ran - ran_before, waited - waited_before
        if run <= 0:  # what it waited is counted when it gets a core, what it runs at the next tick or when it leaves
            continue
        ran_before, waited_before = ran, waited
        last = found[-1].end if found else at - run - wait
        slack = at - run - wait - last
        since = at - readings[number - 1][0] if number else 0.0
        if since > BLIND_S and run < MOST * since:
            continue  # nobody looked, for want of a core: where in so long a time it ran, cannot be told
        goes_on = number + 1 < len(readings) and readings[number + 1][1] > ran
        begin = last + wait if slack < 1.5 * since and not goes_on else at - run
        if begin < last:
            _earlier(found, last - begin)
        begin = min(max(last, begin), at)
        if wait > BLUR_S and begin - max(begin - wait, last) > BLUR_S:
            found.append(Slice(NO_CORE, max(begin - wait, last), begin))
        _append(found, Slice(ON_A_CORE, begin, max(begin, min(begin + run, at))))
    return found


def _earlier(found: list[Slice], seconds: float) -> None:
    """Let the last stretch on a core begin earlier, as more was run than there is room for after it: its first reading
    told only what the kernel had counted by its last tick."""
    first = max(0, len(found) - (2 if len(found) > 1 and found[-2].end == found[-1].begin else 1))
    shift = min(seconds, found[first].begin - found[first - 1].end if first else seconds)
    for place in range(first, len(found)):
        state, begin, end = found[place]
        found[place] = Slice(state, begin - shift, end - (shift if place + 1 < len(found) else 0.0))


def _append(found: list[Slice], one: Slice) -> None:
    """Add a slice, as a part of the last one where nothing is between them."""
    if found and found[-1].state == one.state and one.begin - found[-1].end < BLUR_S:
        found[-1] = Slice(one.state, found[-1].begin, one.end)
    else:
        found.append(one)
