"""How the fault tests fetch: with quick retries, and deadlines that no slow machine meets by itself."""

from collections.abc import Callable, Sequence
from pathlib import Path

from concurrency.downloader import fetch
from concurrency.downloader.page import Page

from .cases import TRIES

LIMITS = fetch.Limits(
    retries=TRIES - 1, backoff_s=0.01, max_wait_s=0.3, connect_s=20, first_byte_s=20, idle_s=20, attempt_s=40, page_s=60
)
MANNERS = fetch.Manners(8)


def fetch_pages(
    urls: Sequence[str],
    folder: Path,
    limits: fetch.Limits = LIMITS,
    manners: fetch.Manners = MANNERS,
    source: str = "test",
    on_page: Callable[[Page, str], None] = lambda page, detail: None,
) -> list[Page]:
    return list(fetch.fetch_all(urls, urls, folder, source, manners, limits, on_page))
