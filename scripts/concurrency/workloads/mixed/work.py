"""The mixed work: an item waits, and what is computed then is pure Python, so many units of it."""

from concurrency.work import Work
from concurrency.workloads.mixed import timers
from concurrency.workloads.squares.sums import closed_form, sum_of_squares

TERMS = 100  # of a unit: some microseconds, all of them in the interpreter
UNIT = closed_form(TERMS)

Item = tuple[float, int]  # how long it waits, in seconds, and how many units it computes


def build(form: str = "", notes: str | None = None) -> Work:
    """It, with a stage for what is computed; an item's answer is that of its units together."""
    return Work(function=wait, coroutine=wait_on_loop, open=timers.timer, open_on_loop=timers.connections, then=compute)


def wait(item: Item, timer: timers.Timer | timers.Sleeper) -> int:
    """Wait as the item says; its units."""
    seconds, units = item
    if seconds:
        timer.wait(seconds)
    return units


async def wait_on_loop(item: Item, connections: timers.Connections) -> int:
    """The same as a task."""
    seconds, units = item
    if seconds:
        await connections.wait(seconds)
    return units


def compute(units: int) -> int:
    """Sums of squares, term by term, and their sum."""
    return sum(sum_of_squares(TERMS) for _ in range(units))


def expected(item: Item) -> int:
    """The right answer to an item."""
    return item[1] * UNIT
