"""Many pages: what each page takes of time and memory when there are a hundred times as many."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import nginx
from contestants.strategies import strategy

from . import Contest, Goal, Sample, Size


@contextmanager
def contest(size: Size) -> Iterator[Contest]:
    few, many = size.few_pages, size.many_pages
    pages = {f"{n:,} pages": n for n in (few, many)}
    with nginx.serve(1_000) as url:
        yield Contest(
            "memory",
            f"Many pages: `asyncio` on {few:,} and on {many:,} pages of 1 kB from nginx, 50 in flight",
            f"seconds per page against {few:,} pages",
            [
                strategy("asyncio", "download", 50, [f"{url}?{i}" for i in range(n)], [[200, 1_000]] * n, called=name)
                for name, n in pages.items()
            ],
            lambda name, others: others[name].lasted / others[f"{few:,} pages"].lasted * few / pages[name],
            [Goal("seconds per page at most 1.1 ×", (f"{many:,} pages",), 1.1, at_most=True)],
            bytes_per_page(pages),
        )


def bytes_per_page(pages: dict[str, int]) -> Callable[[list[Sample]], list[str]]:
    """How much the peak memory grows with each page beyond the few; `pages` says how many each contestant has."""
    few, many = pages

    def remarks(samples: list[Sample]) -> list[str]:
        peaks = {
            name: median(
                [sample.max_rss_bytes for sample in samples if sample.contestant == name and sample.max_rss_bytes]
            )
            for name in pages
        }
        grown = (peaks[many] - peaks[few]) / (pages[many] - pages[few])
        outcome = "reached" if grown <= 600 else "not reached"
        return [f"- peak memory at most 600 bytes more per page: {grown:.0f}, {outcome}"]

    return remarks
