"""The workloads that there are, by the names that tables have for them."""

from collections.abc import Callable

from concurrency.workloads.download.workload import Download, FastDownload
from concurrency.workloads.own.workload import Own, named
from concurrency.workloads.squares.workload import Squares
from concurrency.workloads.workload import Workload

BUILT_IN: dict[str, type[Workload]] = {kind.name: kind for kind in (Download, FastDownload, Squares)}
KINDS: dict[str, Callable[..., Workload]] = {kind.__name__: kind for kind in (Download, FastDownload, Squares, Own)}

# What may be given of a single work on one line, in the order in which it is told.
ONE_WORK = (
    "function", "coroutine", "open", "then", "split", "items", "check", "bound", "timeout_s", "max_failures", "source",
    "strategies", "job",
)  # fmt: skip


def kind_of(name: str) -> type[Workload]:
    """What is known of a workload by its name; it is one of the user's own if it is not built in."""
    return BUILT_IN.get(name) or named(name)
