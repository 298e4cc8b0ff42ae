"""The application behind nginx: `python -m helpers.emulated.app`, started by `server`.

It reads one JSON line from standard input (the pages, how it works on them, the socket to listen at), says when it
listens, and ends with standard input. `GET /page/3` is thought about as long as is drawn for that page, the key and how
often the page was asked for since; `GET /begin/KEY` sets the key: equal keys, equal draws.
"""

import asyncio
import gzip
import json
import random
import selectors
import signal
import sys
from collections import Counter, deque
from functools import partial
from typing import Any

WORDS = 2_000


def body(size: int, number: int) -> bytes:
    """The page of that number: so many bytes of HTML, which gzip makes about a third of."""
    chance = random.Random(number)
    letters = "etaoinshrdlucmfwypvbgkqjxz"
    words = ["".join(chance.choices(letters, range(26, 0, -1), k=chance.randint(2, 9))) for _ in range(WORDS)]
    text = " ".join(chance.choices(words, [1 / (i + 1) for i in range(WORDS)], k=size // 3))
    return f"<!doctype html><title>{number}</title><p>{text}".encode().ljust(size)[:size]


def reply(content: bytes, coding: str, framing: str) -> bytes:
    """All that is sent, coded as told."""
    if coding:
        content = gzip.compress(content, 6, mtime=0)
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nVary: Accept-Encoding\r\n"
    head += f"Content-Encoding: {coding}\r\n" if coding else ""
    if framing == "length":
        return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content
    return b"%bTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (head.encode(), len(content), content)


class Host:
    """Works on `slots` requests at once (0: on all); the others wait their turn."""

    def __init__(self, slots: int) -> None:
        self.slots, self.working = slots, 0
        self.waiting: deque[tuple[float, asyncio.Transport, bytes]] = deque()

    def ask(self, think_s: float, transport: asyncio.Transport, answer: bytes) -> None:
        if self.slots and self.working >= self.slots:
            self.waiting.append((think_s, transport, answer))
        else:
            self.working += 1
            asyncio.get_running_loop().call_later(think_s, self.answer, transport, answer)

    def answer(self, transport: asyncio.Transport, answer: bytes) -> None:
        transport.write(answer)
        self.working -= 1
        if self.waiting:
            self.ask(*self.waiting.popleft())


class App:
    """The pages and what is known of how they were asked for."""

    def __init__(self, world: dict[str, Any]) -> None:
        self.pages, self.spread, self.seed = world["pages"], world["spread"], world["seed"]
        self.hosts = [Host(world["slots"]) for _ in range(1 + max(page["host"] for page in self.pages))]
        self.replies = []
        for number, page in enumerate(self.pages):
            content = body(page["bytes"], number)
            self.replies.append([reply(content, coding, page["framing"]) for coding in ("", page["coding"])])
        self.begin("")

    def begin(self, key: str) -> None:
        self.key, self.asked = key, Counter[int]()

    def ask(self, number: int, accepts_gzip: bool, transport: asyncio.Transport) -> None:
        page = self.pages[number]
        chance = random.Random(f"{self.seed} {self.key} {number} {self.asked[number]}")
        self.asked[number] += 1
        think_s = page["think_ms"] / 1000 * chance.lognormvariate(0, self.spread)
        self.hosts[page["host"]].ask(think_s, transport, self.replies[number][accepts_gzip])


class Connection(asyncio.Protocol):
    """One of nginx's, which asks for one thing after the other; or the harness's."""

    def __init__(self, app: App) -> None:
        self.app, self.unread = app, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if not self.unread.endswith(b"\r\n\r\n"):
            return
        head, self.unread = self.unread.lower(), b""
        _, what, which = head.split(b" ", 2)[1].split(b"/")
        if what == b"begin":
            self.app.begin(which.decode())
            self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        else:
            accepted = head.partition(b"\r\naccept-encoding:")[2].partition(b"\r\n")[0]
            self.app.ask(int(which), b"gzip" in accepted, self.transport)


async def main() -> None:
    order = json.loads(sys.stdin.readline())
    app = App(order["world"])
    loop = asyncio.get_running_loop()
    await loop.create_unix_server(partial(Connection, app), order["socket"], backlog=4096)
    print(json.dumps({"wire_bytes": [len(coded.partition(b"\r\n\r\n")[2]) for _, coded in app.replies]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # select(2) counts in microseconds, epoll in milliseconds
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(main())
