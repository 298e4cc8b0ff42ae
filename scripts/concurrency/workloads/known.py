"""The workloads that there are, by the names that tables have for them."""

from collections.abc import Callable

from concurrency.workloads.download.workload import Download, FastDownload
from concurrency.workloads.squares.workload import OwnFunction, Squares
from concurrency.workloads.workload import Workload

WORKLOADS: dict[str, type[Workload]] = {kind.name: kind for kind in (Download, FastDownload, Squares)}
KINDS: dict[str, Callable[..., Workload]] = {
    kind.__name__: kind for kind in (Download, FastDownload, Squares, OwnFunction)
}
