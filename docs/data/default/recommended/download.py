# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "aiohttp>=3.14.5",
# ]
# ///
"""Downloads: asyncio with 15 in flight.

asyncio with 15 in flight: 5.29× as fast as one by one (95 %: 5.25–5.33). 11 would take 11 % longer (10–12 %). 15 are as
many as there are items. One by one, 97 % of the time is waiting, 3 % computing; the ceiling here is 7×, set by the
link.

Measured in 10 rounds on 2026-11-26: CPython 3.11.7; AMD EPYC; 2 used, 2 allowed, 2 logical, 2 physical; 23.5 GiB;
Linux-6.18.44-x86_64-with-glibc2.36. To measure again: snakemake compare --forcerun screen

It asks for up to 15 pages at once, and has neither the limits per host, nor the retries, the robots.txt and the
resuming, that the downloads of `snakemake job` have.
"""

import argparse
import asyncio
import csv
import hashlib
import json
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp

ROOT = Path(__file__).resolve().parents[2]  # what paths are relative to
FOLDER = Path(__file__).resolve().with_name("pages")
ITEMS = "sites.csv"


# The work, and what becomes of an item that fails.


SILENCE_S = 60.0  # how long a server may say nothing
ACCEPTED = "identity"  # clients do not notice that a compressed body was cut where its length was told so
HEADERS = {"Accept-Encoding": ACCEPTED}
TRUST_ENV = True  # proxies and logins of the environment


def session() -> aiohttp.ClientSession:
    """A session without limits of its own: how many requests are in flight is the strategy's business.

    Whom it trusts, OpenSSL has read from SSL_CERT_FILE when aiohttp was imported.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=SILENCE_S, sock_read=SILENCE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=HEADERS,
        trust_env=TRUST_ENV,
    )


class Failed(NamedTuple):
    """The answer to an item that failed."""

    error: str
    message: str


def failed(error: BaseException) -> Failed:
    """How an item failed, in plain text."""
    try:
        return Failed(type(error).__name__, str(error))
    except Exception:  # noqa: BLE001  (a class may do anything)
        return Failed(type(error).__name__, "(it has no message)")


class Received:
    """What has come of the page at `url`, in a file of the current folder; a whole body goes to the folder above."""

    def __init__(self, url: str) -> None:
        self.url, self.size, self.digest = url, 0, hashlib.sha256()
        self.part = Path(uuid.uuid4().hex)
        self.file = self.part.open("wb")

    def add(self, chunk: bytes) -> None:
        """The next bytes of its decoded body."""
        self.size += len(chunk)
        self.digest.update(chunk)
        self.file.write(chunk)

    def answer(self, status: int) -> Any:
        """What came of it, by the reply's status."""
        try:
            self.file.close()
        except OSError as error:  # a full disk
            return self.failed(error)
        if status != 200:
            self.part.unlink()
            return Failed("HTTPStatus", str(status))
        digest, host = self.digest.hexdigest(), str(urlsplit(self.url).hostname)[:100]
        name = f"{host}-{hashlib.sha256(self.url.encode()).hexdigest()[:16]}-{digest[:16]}"  # no two bodies share one
        self.part.replace(Path("..", name))
        return {"status": status, "bytes": self.size, "sha256": digest, "file": name}

    def failed(self, error: Exception) -> Failed:
        """How the transfer failed."""
        with suppress(OSError):
            self.file.close()
        self.part.unlink()
        return failed(error)


async def fetch(url: str, session: aiohttp.ClientSession) -> Any:
    """GET `url` and read all of its body; what `Received` makes of that."""
    received = Received(url)
    try:
        async with session.get(url) as response:
            async for chunk in response.content.iter_any():
                received.add(chunk)
            return received.answer(response.status)
    except aiohttp.ClientError as error:
        return received.failed(error)


async def answer_on_loop(coroutine: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """What `coroutine` answers, or how it failed: the other items go on."""
    try:
        return await coroutine(*arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return failed(error)
    except asyncio.CancelledError as error:  # one of its own; else somebody wants all of this to end
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        return failed(error)


on_the_loop = AsyncExitStack()  # what was entered there


async def entered(manager: Any) -> Any:
    """What a context manager gives to the event loop, which leaves it at its end."""
    if hasattr(manager, "__aenter__"):
        return await on_the_loop.enter_async_context(manager)
    return on_the_loop.enter_context(manager)


async def leave_loop() -> None:
    """Leave what was entered on the event loop."""
    await on_the_loop.aclose()


class Work:
    """What the strategy awaits for an item."""

    def __init__(self, tell: Callable[[Any, Any], None]) -> None:
        self.tell = tell  # at once, whatever is still under way

    async def on_loop(self) -> Callable[[Any], Awaitable[Any]]:
        """A coroutine function of an item alone, for tasks of the running event loop."""
        opened = await entered(session())

        async def call(item: Any) -> Any:
            answer = await answer_on_loop(fetch, item, opened)
            self.tell(item, answer)
            return answer

        return call


# The strategy, asyncio. One thread, one event loop: worker tasks take the next item whenever they are done with one;
# all wait together.


@contextmanager
def event_loop(loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> Iterator[asyncio.Runner]:
    """A Runner whose loop, made by `loop_factory`, is there already."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.get_loop()
        try:
            yield runner
        finally:
            runner.run(leave_loop())


async def run_all(work: Work, items: list[Any], workers: int) -> list[Any]:
    call = await work.on_loop()
    answers: list[Any] = [None] * len(items)
    todo = iter(enumerate(items))

    async def take_turns() -> None:
        for i, item in todo:  # shared by all workers: each item is taken once
            answers[i] = await call(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(items))):
            group.create_task(take_turns())
    return answers


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers))


# What is told, and what is read.


class Progress:
    """Tells what comes of each item: a JSON line on stdout; where that is no terminal, with a bar, if tqdm is there."""

    def __init__(self, count: int) -> None:
        self.done, self.failed, self.bar = 0, 0, None
        if sys.stderr.isatty() and not sys.stdout.isatty():
            with suppress(ImportError):
                from tqdm import tqdm  # noqa: PLC0415

                self.bar = tqdm(total=count, unit="item")
        self.out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # where goes what functions print, in whatever process
        self.began = self.told = time.perf_counter()

    def tell(self, item: Any, answer: Any) -> None:
        """An item's line."""
        try:
            line = json.dumps(self.line(item, answer), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            answer = Failed("NotJSON", f"write a file and return its path: {error}")
            line = json.dumps(self.line(item, answer))
        try:
            print(line, file=self.out, flush=True)
        except BrokenPipeError:  # nobody reads any more, as after `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.out.fileno())
            signal.raise_signal(signal.SIGINT)
        self.done += 1
        self.failed += isinstance(answer, Failed)
        self.told = time.perf_counter()
        if self.bar:
            self.bar.update()

    @staticmethod
    def line(item: Any, answer: Any) -> dict[str, Any]:
        """What is told of an item."""
        return {"item": item} | (answer._asdict() if isinstance(answer, Failed) else {"result": answer})

    def end(self) -> int:
        """The last line, on stderr; what the program ends with: 1 if any item failed."""
        if self.bar:
            self.bar.close()
        seconds = self.told - self.began
        print(f"{self.done - self.failed} done, {self.failed} failed, {seconds:.3f} s", file=sys.stderr)
        return 1 if self.failed else 0


def read_urls(file: str) -> list[str]:
    """The column `url` of a table."""
    with open(file, encoding="utf-8-sig", newline="") as table:
        rows = csv.DictReader(table)
        if "url" not in (rows.fieldnames or []):
            raise ValueError("there is no column `url`")
        return [row["url"].strip() for row in rows]


def at_least_one(text: str) -> int:
    """A number of workers, as argparse takes it."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def main() -> int:
    """Do the work for each item; 1 if any of them failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", metavar="FILE", help="other items: a CSV file with a column `url`")
    parser.add_argument("--workers", type=at_least_one, default=15, metavar="N", help="how many (%(default)s)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where pages go (%(default)s)")
    args = parser.parse_args()
    folder = args.folder.absolute()
    given = str(Path(args.items).absolute()) if args.items else ITEMS
    os.chdir(ROOT)
    try:
        items = read_urls(given)
    except (OSError, ValueError, csv.Error) as error:
        parser.error(f"{given}: {error}")
    if not items:
        parser.error(f"{given}: there are no items")
    progress = Progress(len(items))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="part-", dir=folder) as parts:
        os.chdir(parts)  # where a body is until it is whole
        with start(args.workers) as run:
            list(run(Work(progress.tell), items))  # each is told as soon as it is there
        os.chdir(folder)
    return progress.end()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
