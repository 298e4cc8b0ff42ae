"""Command-line downloaders, timed from start to end less what they take to start up and do nothing."""

import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nginx

from . import LIMIT_S, Contestant, FailedError

MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of our own is made in it)


@dataclass(frozen=True)
class Program:
    """How a downloader is called, and how many bytes it has downloaded."""

    package: str
    idle: list[str]  # how it is called to start up and do nothing
    arguments: Callable[[Path, int], list[str]]  # from the file with the URLs, and how many are in flight
    list_of: Callable[[list[str]], str]
    counted: Callable[[Path, str], int]  # from the folder that it ran in, and its standard output
    digests: bool = False  # its standard output has a line per page, which begins with the SHA-256


def written(folder: Path, _: str) -> int:
    return sum(file.stat().st_size for file in (folder / "pages").iterdir())


CURL = Program(
    "curl",
    ["curl", "--version"],
    lambda file, n: ["curl", "-sS", "--parallel", "--parallel-max", str(n), "--create-dirs", "-K", str(file)],
    lambda urls: "".join(f"url = {url}\noutput = pages/{i}\n" for i, url in enumerate(urls)),
    written,
)
WGET2 = Program(
    "wget2",
    ["wget2", "--version"],
    lambda file, n: ["wget2", "-q", f"--max-threads={n}", "-P", "pages", "-i", str(file)],
    "\n".join,
    written,
)
ARIA2C = Program(
    "aria2",
    ["aria2c", "--version"],
    lambda file, n: ["aria2c", "-q", f"--max-concurrent-downloads={n}", "--dir=pages", f"--input-file={file}"],
    lambda urls: "".join(f"{url}\n  out={i}\n" for i, url in enumerate(urls)),
    written,
)


def command(
    name: str, program: Program, urls: list[str], page_bytes: int, in_flight: int, kind: str = "peer"
) -> Contestant:
    """A program started afresh on pages of `nginx`; what it writes, it writes to memory."""

    def run() -> tuple[float, int | None]:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
            folder = Path(place)
            (folder / "urls").write_text(program.list_of(urls))
            start_up = min(timed(program.idle, folder)[0] for _ in range(3))
            lasted, ended = timed(program.arguments(folder / "urls", in_flight), folder)
            if ended.returncode:
                raise FailedError(f"exit code {ended.returncode}: {ended.stderr.strip()[-200:]}")
            if (counted := program.counted(folder, ended.stdout)) != page_bytes * len(urls):
                raise FailedError(f"{counted:,} of {page_bytes * len(urls):,} bytes")
            if program.digests:
                right = hashlib.sha256(nginx.page(page_bytes)).hexdigest()
                digests = [line.split()[0] for line in ended.stdout.splitlines()]
                if digests != [right] * len(urls):
                    raise FailedError(f"{digests.count(right)} of {len(urls)} digests")
        return lasted - start_up, None

    missing = "" if shutil.which(program.idle[0]) else f"not installed: apt-get install {program.package}"
    return Contestant(name, kind, run, missing)


def timed(arguments: list[str], folder: Path) -> tuple[float, subprocess.CompletedProcess[str]]:
    begin = time.perf_counter()
    ended = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return time.perf_counter() - begin, ended
