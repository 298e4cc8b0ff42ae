"""A server that does exactly what its script says on a raw socket: sends bytes, waits, stalls, closes, resets."""

import asyncio
import contextlib
import re
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

CLOSE, RESET, STALL, CUT = "close", "reset", "stall", "cut"
Step = bytes | float | str | threading.Event | Callable[[bytes], bytes]
Script = Sequence[Step]


class FaultServer:
    """Serves, in a thread of its own, scripts per path: the n-th request to a path gets its n-th script, then the last.

    A script's steps: bytes are sent; a number waits for so many seconds, an event until it is set; CLOSE, RESET and
    STALL do that; CUT closes without the close_notify that TLS asks for; a function gets the request's head and returns
    what to send. After a script that does not end the connection, the next request is read from it, unless this one
    asked to close it.
    """

    def __init__(self) -> None:
        self.scripts: dict[str, list[Script]] = {}
        self.hits: Counter[str] = Counter()
        self.heads: list[bytes] = []
        self.times: list[tuple[str, float]] = []
        self.playing: Counter[str] = Counter()  # by the Host header
        self.peak: Counter[str] = Counter()
        self.keeps_open = False  # even a connection that it is asked to close
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> "FaultServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        async def stop() -> None:
            for server in self._servers:
                server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def play(self, scripts: dict[str, list[Script]]) -> None:
        """Serve these scripts from now on, and count from nothing."""
        self.scripts, self.keeps_open = scripts, False
        self.playing = Counter()  # what is still being played was of other scripts
        for seen in (self.hits, self.heads, self.times, self.peak):
            seen.clear()

    def listen(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, greeting: Script | None = None) -> int:
        """Listen on a port of its own; with a `greeting`, that script is all that a connection there gets."""

        async def start() -> asyncio.Server:
            return await asyncio.start_server(
                lambda reader, writer: self._serve(reader, writer, greeting), host, 0, ssl=tls, backlog=1024
            )

        server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(10)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: Script | None) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if greeting is not None:
                await self._play(writer, greeting, b"")
                return
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
                if method == "CONNECT" and target not in self.scripts:
                    await self._tunnel(reader, writer, target)
                    return
                path = "/" + target.split("://", 1)[1].partition("/")[2] if "://" in target else target
                path = path if path in self.scripts or method == "CONNECT" else path.partition("?")[0]
                if target in self.scripts:
                    path = target
                self.heads.append(head)
                scripts = self.scripts.get(path, [[b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]])
                script = scripts[min(self.hits[path], len(scripts) - 1)]
                self.hits[path] += 1
                self.times.append((path, time.monotonic()))
                host = re.search(rb"\r\nHost: ([^\r]*)", head, re.IGNORECASE)
                name = host[1].decode() if host else ""
                playing = self.playing  # those of the scripts that it began with
                playing[name] += 1
                self.peak[name] = max(self.peak[name], playing[name])
                try:
                    if not await self._play(writer, script, head):
                        return
                finally:
                    playing[name] -= 1
                if b"\r\nconnection: close\r\n" in head.lower() and not self.keeps_open:
                    writer.close()
                    return
        writer.transport.abort()

    async def _play(self, writer: asyncio.StreamWriter, script: Script, head: bytes) -> bool:
        for step in script:
            if step == CLOSE:
                writer.close()
                return False
            if step == RESET:
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return False
            if step == CUT:
                writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
                return False
            if step == STALL:
                await asyncio.sleep(3600)
            elif isinstance(step, threading.Event):
                while not step.is_set():
                    await asyncio.sleep(0.01)
            elif isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif callable(step):
                writer.write(step(head))
                await writer.drain()
            else:
                await asyncio.sleep(float(step))
        return True

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> None:
        host, _, port = target.rpartition(":")
        self.hits["CONNECT"] += 1
        beyond_reader, beyond_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                sink.write(data)
            sink.close()

        await asyncio.gather(copy(reader, beyond_writer), copy(beyond_reader, writer))
