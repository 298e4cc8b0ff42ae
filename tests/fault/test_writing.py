"""The writing process and the event loop, whoever of them is late."""

import asyncio
import time

from concurrency.downloader.page import Page
from concurrency.downloader.store import JOURNAL, STATE, Store
from concurrency.downloader.write_queue import MOST_PAGES, WriteQueue


def test_replies_that_come_at_once_are_all_heard(tmp_path):
    pages = [Page(f"http://site.test/{i}", error="dns") for i in range(2 * MOST_PAGES)]
    journal = tmp_path / STATE / JOURNAL
    ended = []

    async def work(queue):
        for page in pages:
            queue.put(page, None, lambda _, page=page: ended.append(page))
        give_up = time.monotonic() + 30
        while journal.read_bytes().count(b"\n") < 1 + len(pages):  # the header, and both batches
            assert time.monotonic() < give_up
            time.sleep(0.01)  # the loop is kept from listening
        writing = asyncio.create_task(queue.run())
        while len(ended) < len(pages):
            await asyncio.sleep(0.01)
        writing.cancel()
        await asyncio.wait([writing])

    async def run():
        with Store(tmp_path, "test") as store, WriteQueue(store, max_bytes=1000) as queue:
            await asyncio.wait_for(work(queue), timeout=30)

    asyncio.run(run())
    assert ended == pages
