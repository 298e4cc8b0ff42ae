"""The queue of `asyncio`, for strategies that show another client library on it."""

import asyncio
from collections.abc import Awaitable, Callable


async def fetch_all(
    fetch: Callable[[str], Awaitable[tuple[int, int]]], urls: list[str], workers: int
) -> list[tuple[int, int]]:
    """`fetch` each of `urls`, by as many tasks as `workers`, each of which takes the next URL when it is done."""
    pages = [(0, 0)] * len(urls)
    todo = iter(enumerate(urls))

    async def work() -> None:
        for i, url in todo:
            pages[i] = await fetch(url)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(urls))):
            group.create_task(work())
    return pages
