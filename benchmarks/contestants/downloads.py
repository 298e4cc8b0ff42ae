"""Who downloads without keeping anything, as far as a command can."""

from dataclasses import replace

from . import Contestant
from .programs import ARIA2C, CURL, WGET2, command
from .strategies import plain, strategy

PROGRAMS = {
    "curl --parallel": replace(
        CURL,
        arguments=lambda file, n: [*CURL.arguments(file, n), "-w", "%{size_download}\n"],
        list_of=lambda urls: "".join(f"url = {url}\noutput = /dev/null\n" for url in urls),
        counted=lambda _, said: sum(map(int, said.split())),
    ),
    "wget2": replace(
        WGET2,
        arguments=lambda file, n: ["wget2", "-q", f"--max-threads={n}", "-O", "pages", "-i", str(file)],
        counted=lambda folder, _: (folder / "pages").stat().st_size,
    ),
    "aria2c": ARIA2C,
}


def strategies(urls: list[str], page_bytes: int, in_flight: int) -> list[Contestant]:
    return [
        strategy(name, "download", in_flight, urls, [[200, page_bytes]] * len(urls))
        for name in ("asyncio", "asyncio_uvloop", "curl_multi", "processes_asyncio", "threads")
    ]


def peers(urls: list[str], page_bytes: int, in_flight: int, loop_pages: int) -> list[Contestant]:
    """Those without concurrency download `loop_pages` only."""
    page, few, scale = [200, page_bytes], urls[:loop_pages], len(urls) / loop_pages
    return [
        *(command(name, program, urls, page_bytes, in_flight) for name, program in PROGRAMS.items()),
        plain("aiohttp_gather", "download", in_flight, urls, [page] * len(urls)),
        plain("executor_requests", "download", in_flight, urls, [page] * len(urls)),
        plain("requests_loop", "download", 1, few, [page] * len(few), scale),
        plain("httpx_loop", "download", 1, few, [page] * len(few), scale, needs="httpx"),
    ]
