"""The map's work, waiting for a local server: each request says after how many seconds to reply."""

import asyncio
import os
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from concurrency.processes import environment
from concurrency.work import Work
from concurrency.workloads.mixed import timers
from concurrency.workloads.mixed.work import compute, expected

__all__ = ["build", "expected"]
PORT = "WAITING_PORT"
REQUEST = struct.Struct("d")


def build(form: str = "") -> Work:
    return Work(function=wait, coroutine=wait_on_loop, open=connection, open_on_loop=connections, then=compute)


@contextmanager
def connection() -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", int(os.environ[PORT]))) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield opened


def wait(item: tuple[float, int], connection: socket.socket) -> int:
    seconds, units = item
    if seconds:
        connection.sendall(REQUEST.pack(seconds))
        connection.recv(1)
    return units


@asynccontextmanager
async def connections() -> AsyncIterator[list[socket.socket]]:
    opened: list[socket.socket] = []
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


async def wait_on_loop(item: tuple[float, int], idle: list[socket.socket]) -> int:
    seconds, units = item
    if seconds:
        loop = asyncio.get_running_loop()
        if idle:
            mine = idle.pop()
        else:
            mine = socket.socket()
            mine.setblocking(False)
            mine.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(mine, ("127.0.0.1", int(os.environ[PORT])))
        await loop.sock_sendall(mine, REQUEST.pack(seconds))
        await loop.sock_recv(mine, 1)
        idle.append(mine)
    return units


async def serve() -> None:
    """Reply to each request in time, until standard input ends."""
    async with timers.connections() as clock:

        async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while len(asked := await reader.read(REQUEST.size)) == REQUEST.size:
                await clock.wait(*REQUEST.unpack(asked))
                writer.write(b"!")
            writer.close()

        server = await asyncio.start_server(reply, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        os._exit(0)


@contextmanager
def server() -> Iterator[None]:
    """One, which processes started meanwhile know of."""
    command = [sys.executable, "-m", "waiting.by_socket"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as running:
        assert running.stdin
        assert running.stdout
        os.environ[PORT] = running.stdout.readline().strip()
        try:
            yield
        finally:
            running.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve())
