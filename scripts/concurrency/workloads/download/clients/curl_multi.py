"""libcurl's multi interface through PycURL: C moves the bytes, Python only says what is next. The native reference."""

import select
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pycurl

from concurrency.codings import ACCEPTED
from concurrency.workloads.download.received import HEADERS, SILENCE_S, TRUST_ENV, Received
from concurrency.workloads.download.trust import bundle

RANK = 7
SHARES = "loop"
NEEDS = ["pycurl"]
# With it, all pages of a host that speaks HTTP/2 share a connection. To know that, curl opens no second connection to a
# host before the first is set up, and over HTTP/1.1 is late by that.
OPTIONS = {"multiplex": {"enum": [False, True], "default": False}}

EVENTS = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class Transfer:
    """One place in flight: an easy handle, used for one page after the other."""

    def __init__(self, multiplex: bool) -> None:
        self.page: int
        self.received: Received
        self.easy = pycurl.Curl()
        self.easy.setopt(pycurl.BUFFERSIZE, 1 << 18)
        self.easy.setopt(pycurl.NOSIGNAL, 1)
        self.easy.setopt(pycurl.FOLLOWLOCATION, 1)
        if not TRUST_ENV:
            self.easy.setopt(pycurl.PROXY, "")
        if SILENCE_S:
            self.easy.setopt(pycurl.CONNECTTIMEOUT_MS, int(1000 * SILENCE_S))
            self.easy.setopt(pycurl.LOW_SPEED_LIMIT, 1)
            self.easy.setopt(pycurl.LOW_SPEED_TIME, int(SILENCE_S))
        self.easy.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])
        self.easy.setopt(pycurl.ACCEPT_ENCODING, ACCEPTED)
        if trusted := bundle():
            self.easy.setopt(pycurl.CAINFO, trusted)
        self.easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        self.easy.setopt(pycurl.PIPEWAIT, multiplex)

    def aim(self, page: int, url: str) -> None:
        self.page, self.received = page, Received(url)
        self.easy.setopt(pycurl.WRITEFUNCTION, self.received.add)
        self.easy.setopt(pycurl.URL, url.encode())


class Downloader:
    """curl says which sockets and which timer to watch; epoll watches them; curl is told what happened."""

    def __init__(self, workers: int, multiplex: bool) -> None:
        self.epoll = select.epoll()
        self.watched: set[int] = set()
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self.watch)
        self.multi.setopt(pycurl.M_MAXCONNECTS, workers)
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self.transfers = [Transfer(multiplex) for _ in range(workers)]
        self.of_easy = {transfer.easy: transfer for transfer in self.transfers}

    def watch(self, what: int, socket: int, *_: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            self.watched.remove(socket)
            self.epoll.unregister(socket)
        elif socket in self.watched:
            self.epoll.modify(socket, EVENTS[what])
        else:
            self.watched.add(socket)
            self.epoll.register(socket, EVENTS[what])

    def fetch_all(self, urls: list[str]) -> list[Any]:
        pages: list[Any] = [None] * len(urls)
        todo = iter(enumerate(urls))
        running = 0
        for transfer, (page, url) in zip(self.transfers, todo, strict=False):
            transfer.aim(page, url)
            self.multi.add_handle(transfer.easy)
            running += 1
        while True:
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)  # starts what was added, and may end it: collect first
            running -= self.collect(pages, todo)
            if not running:
                return pages
            wait_ms = self.multi.timeout()
            for socket, event in self.epoll.poll(None if wait_ms < 0 else wait_ms / 1000):
                readable = pycurl.CSELECT_IN if event & ~select.EPOLLOUT else 0  # an error is told by reading
                writable = pycurl.CSELECT_OUT if event & select.EPOLLOUT else 0
                self.multi.socket_action(socket, readable | writable)

    def collect(self, pages: list[Any], todo: Iterator[tuple[int, str]]) -> int:
        """Note the transfers that have ended, and give their handles the next pages; how many handles are done."""
        left, done = 1, 0
        while left:
            left, succeeded, failed = self.multi.info_read()
            ended = [(easy, None) for easy in succeeded] + [(easy, pycurl.error(*why)) for easy, *why in failed]
            for easy, error in ended:
                transfer = self.of_easy[easy]
                status, received = easy.getinfo(pycurl.RESPONSE_CODE), transfer.received
                pages[transfer.page] = received.failed(error) if error else received.answer(status)
                self.multi.remove_handle(easy)
                following = next(todo, None)
                if following:
                    transfer.aim(*following)
                    self.multi.add_handle(easy)
                else:
                    done += 1
        return done

    def close(self) -> None:
        for transfer in self.transfers:
            transfer.easy.close()
        self.multi.close()
        self.epoll.close()


@contextmanager
def start(workers: int, multiplex: bool) -> Iterator[Callable[[Any, list[str]], Iterable[Any]]]:
    downloader = Downloader(workers, multiplex)
    try:
        yield lambda _, urls: downloader.fetch_all(urls)
    finally:
        downloader.close()
