"""The way into the downloader: every page once, asynchronously."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from concurrency.downloader.download import Download
from concurrency.downloader.limits import USER_AGENT, Limits, Manners
from concurrency.downloader.page import Page
from concurrency.downloader.store import Store

__all__ = ["USER_AGENT", "Limits", "Manners", "fetch_all"]


def fetch_all(
    urls: Sequence[str],
    fetched_from: Sequence[str],
    folder: Path,
    source: str,
    manners: Manners,
    limits: Limits,
    on_page: Callable[[Page, str], None],
    shard: str = "",
    on_doubt: Callable[[Page], None] = lambda _: None,
) -> Iterator[Page]:
    """Fetch each of `urls` once into `folder` (see `store`), then yield a Page for each, in order.

    `urls` name the pages in the tables, so they should have no logins in them. `fetched_from` says where each is really
    fetched from (a replay server, or the URL itself, login included), `source` what all of them come from: pages that
    an earlier run brought from the same source are kept. A URL that is there twice is fetched once and gets two equal
    rows. `on_page` is called as each page ends, with what went wrong, if anything; `on_doubt` when it has to be fetched
    again all the same, because it came over a connection that did not keep the order of replies. A failure is a Page
    with its `error`, one of `failures.KINDS`, and no file. Raises UserError where the disk fails or another download is
    using `folder`. The folder stays locked until the last page was taken. Several shards, each with a name of its own,
    may fill one folder at the same time.
    """
    with Store(folder, source, shard) as store:
        missing = []
        for url, address in dict(zip(urls, fetched_from, strict=True)).items():
            if page := store.finished(url):
                on_page(page, "")
            else:
                missing.append((url, address))
        if missing:
            with _little_garbage():
                asyncio.run(Download(store, manners, limits, on_page, on_doubt).run(missing))
        yield from store.sweep(cast(Page, store.row(url)) for url in urls)


@contextmanager
def _little_garbage() -> Iterator[None]:
    """Spares the garbage collector what is there already, and most looks at what pages need for a moment: a twentieth
    of a download's time."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(10_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
