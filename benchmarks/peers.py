"""Our strategies and what a user would pick instead, on the same work, interleaved, in one run.

`make peers`, or `python benchmarks/peers.py --help`. In each round every contestant of a contest runs once, in random
order; a contest's figure is a ratio of two times of the same round, so that what slows a round down cancels, and its
table gives the geometric mean over the rounds with Student's t interval (95 %) on the logarithms. Strategies run as in
a campaign, each in a fresh interpreter with everything imported and their set-up counted; commands are timed from
start to end less what they take to print their version, the downloader less what it takes to download nothing.
Everything that was answered is checked.

Writes peers.csv, a row a sample, and peers.md, the tables.
"""

import argparse
import csv
import hashlib
import math
import os
import platform
import random
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "scripts"), str(HERE)]

from scipy import stats

from concurrency.cores import available
from concurrency.measuring import environment, sampling
from concurrency.strategies import catalogue
from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site
from concurrency.workloads.squares.squares import closed_form

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of our own is made in it)
LIMIT_S = 900.0
PACKAGES = ("aiohttp", "uvloop", "pycurl", "requests", "httpx", "joblib", "mpire")


@dataclass(frozen=True)
class Size:
    """How much work the contests are."""

    latency_pages: int = 2_000
    latency_in_flight: int = 100
    throughput_pages: int = 6_000
    throughput_in_flight: int = 50
    even: int = 10_000_000
    huge: int = 24_000_000
    small: int = 100_000
    few_pages: int = 1_000
    many_pages: int = 100_000
    loop_pages: int = 60  # loops without concurrency do so many; their time is scaled up


QUICK = Size(60, 10, 60, 10, 100_000, 400_000, 2_000, 50, 500, 10)


@dataclass
class Sample:
    """A row of peers.csv. `seconds` is empty where the contestant failed."""

    contest: str
    contestant: str
    kind: str
    round: int
    position: int
    seconds: float | None = None
    max_rss_bytes: int | None = None
    error: str = ""


class FailedError(Exception):
    """A contestant that brought no result or a wrong one."""


@dataclass(frozen=True)
class Contestant:
    """`run` does the work once and returns seconds and, where known, peak memory in bytes. Kinds: ours, peer, limit."""

    name: str
    kind: str
    run: Callable[[], tuple[float, int | None]]
    missing: str = ""


@dataclass(frozen=True)
class Contest:
    """`figure(seconds of one contestant, of all in that round)` is a sample's ratio; `goal` judges our best one."""

    name: str
    title: str
    column: str
    contestants: list[Contestant]
    figure: Callable[[str, dict[str, Sample]], float]
    goals: list["Goal"]
    remarks: Callable[[list[Sample]], list[str]] = lambda _: []


@dataclass(frozen=True)
class Goal:
    """What is to be reached: the best of `of` at most (or at least) `bound`."""

    text: str
    of: tuple[str, ...]
    bound: float
    at_most: bool

    def reached(self, values: dict[str, float]) -> tuple[str, float] | None:
        """Who of `of` comes closest to it, and with what."""
        known = {name: values[name] for name in self.of if name in values}
        if not known:
            return None
        best = (min if self.at_most else max)(known, key=lambda name: known[name])
        return best, known[best]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure our strategies beside their peers.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=CONTESTS, default=list(CONTESTS), metavar="CONTEST")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work: to see that it runs")
    parser.add_argument("--output", type=Path, default=HERE / "results", metavar="FOLDER")
    chosen = parser.parse_args()
    size = QUICK if chosen.quick else Size()
    samples: list[Sample] = []
    chapters: list[str] = []
    with sampling.machine_to_itself():
        for name in chosen.only:
            if name in FROM_NGINX and NGINX is None:
                chapters.append(f"## {name}\n\nNot measured: nginx is not installed: apt-get install nginx-light\n")
                print(chapters[-1], flush=True)
                continue
            with CONTESTS[name](size) as contest:
                taken = run_contest(contest, chosen.rounds, chosen.seed)
            samples += taken
            chapters.append(describe(contest, taken))
            print(chapters[-1], flush=True)
    chosen.output.mkdir(parents=True, exist_ok=True)
    with open(chosen.output / "peers.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Sample)])
        rows.writeheader()
        rows.writerows(asdict(sample) for sample in samples)
    text = "\n".join([preface(chosen.rounds, chosen.quick), *chapters])
    (chosen.output / "peers.md").write_text(text, encoding="utf-8")
    print(f"Written: {chosen.output / 'peers.md'} and peers.csv")


def run_contest(contest: Contest, rounds: int, seed: int) -> list[Sample]:
    able = [contestant for contestant in contest.contestants if not contestant.missing]
    samples = []
    for number in range(1, rounds + 1):
        order = random.Random(f"{seed} {contest.name} {number}").sample(able, len(able))
        for position, contestant in enumerate(order, 1):
            sample = Sample(contest.name, contestant.name, contestant.kind, number, position)
            try:
                sample.seconds, sample.max_rss_bytes = contestant.run()
            except FailedError as error:
                sample.error = str(error)
            samples.append(sample)
            said = f"{sample.seconds:.3f} s" if sample.seconds else f"failed: {sample.error}"
            print(f"{contest.name}, round {number} of {rounds}: {contestant.name}: {said}", file=sys.stderr, flush=True)
    return samples


# -- the contests ------------------------------------------------------------------------------------------------------


@contextmanager
def latency(size: Size) -> Iterator[Contest]:
    pages, in_flight, wait_ms = size.latency_pages, size.latency_in_flight, 50
    sites = [Site(f"http://replay.test/{i}", 10_000, "length", wait_ms, connect_ms=0) for i in range(pages)]
    ideal = pages * wait_ms / 1000 / in_flight
    with replay.serve(sites, seed=1) as urls:
        ours, peers = downloads(urls, 10_000, in_flight, size.loop_pages)
        yield Contest(
            "latency",
            f"Waiting: {pages:,} pages of 10 kB × {wait_ms} ms, {in_flight} in flight, ideal {ideal:.2f} s",
            "time / ideal",
            ours + peers,
            lambda name, others: seconds(others[name]) / ideal,
            [
                Goal("best strategy at most 1.10", names(ours), 1.10, at_most=True),
                Goal("`asyncio` at most 1.15", ("asyncio",), 1.15, at_most=True),
            ],
        )


@contextmanager
def throughput(size: Size) -> Iterator[Contest]:
    pages, in_flight = size.throughput_pages, size.throughput_in_flight
    with nginx(60_000) as url:
        ours, peers = downloads([f"{url}?{i}" for i in range(pages)], 60_000, in_flight, size.loop_pages)
        yield Contest(
            "throughput",
            f"Moving bytes: {pages:,} pages of 60 kB without latency from nginx, {in_flight} in flight",
            "pages/s against curl -Z",
            ours + peers,
            lambda name, others: seconds(others["curl --parallel"]) / seconds(others[name]),
            [Goal("best strategy at least 1.5", names(ours), 1.5, at_most=False)],
        )


@contextmanager
def even(size: Size) -> Iterator[Contest]:
    cores = available()
    ours, peers = computations([size.even] * 20, cores)
    limit = plain("independent", "squares", cores, [size.even] * 20, [closed_form(size.even)] * 20, kind="limit")
    yield Contest(
        "even",
        f"Computing evenly: 20 × {size.even:,} on {cores} cores",
        f"speed-up / that of {cores} independent interpreters",
        [*ours, *peers, limit],
        lambda name, others: seconds(others["independent"]) / seconds(others[name]),
        [Goal("best strategy at least 0.97", names(ours), 0.97, at_most=False)],
    )


@contextmanager
def skewed(size: Size) -> Iterator[Contest]:
    cores = available()
    numbers = [size.small] * 10 + [size.huge] + [size.small] * 9
    ours, peers = computations(numbers, cores)
    share = sum(numbers) // cores
    limit = plain("independent", "squares", cores, [share] * cores, [closed_form(share)] * cores, kind="limit")
    yield Contest(
        "skewed",
        f"Computing unevenly: one number of {size.huge:,} and 19 of {size.small:,} on {cores} cores",
        "speed-up / cores",
        [strategy("sequential", "squares", 1, numbers, [closed_form(n) for n in numbers]), *ours, *peers, limit],
        lambda name, others: seconds(others["sequential"]) / seconds(others[name]) / cores,
        [Goal("best strategy at least 0.93", names(ours), 0.93, at_most=False)],
    )


@contextmanager
def memory(size: Size) -> Iterator[Contest]:
    few, many = size.few_pages, size.many_pages
    with nginx(1_000) as url:
        arms = [
            strategy(
                "asyncio", "download", 50, [f"{url}?{i}" for i in range(n)], [[200, 1_000]] * n, called=f"{n:,} pages"
            )
            for n in (few, many)
        ]
        yield Contest(
            "memory",
            f"Many pages: `asyncio` on {few:,} and on {many:,} pages of 1 kB from nginx, 50 in flight",
            f"seconds a page against {few:,} pages",
            arms,
            lambda name, others: (
                seconds(others[name]) / seconds(others[f"{few:,} pages"]) * few / int(name.split()[0].replace(",", ""))
            ),
            [Goal("seconds a page at most 1.1 ×", (f"{many:,} pages",), 1.1, at_most=True)],
            bytes_a_page(f"{few:,} pages", f"{many:,} pages"),
        )


@contextmanager
def job(size: Size) -> Iterator[Contest]:
    pages, in_flight = size.throughput_pages, size.throughput_in_flight
    with nginx(60_000) as url:
        urls = [f"{url}?{i}" for i in range(pages)]
        yield Contest(
            "job",
            f"The job itself: {pages:,} pages of 60 kB without latency from nginx into files, {in_flight} in flight",
            "time / curl with sha256sum",
            [
                command(name, urls, 60_000, in_flight, kind="ours" if name == "downloader" else "peer")
                for name in INTO_FILES
            ],
            lambda name, others: seconds(others[name]) / seconds(others["curl --parallel, sha256sum"]),
            [Goal("`downloader` at most 0.9", ("downloader",), 0.9, at_most=True)],
        )


CONTESTS = {
    "latency": latency,
    "throughput": throughput,
    "even": even,
    "skewed": skewed,
    "memory": memory,
    "job": job,
}


FROM_NGINX = ("throughput", "memory", "job")


def downloads(
    urls: list[str], page_bytes: int, in_flight: int, loop_pages: int
) -> tuple[list[Contestant], list[Contestant]]:
    """Our strategies for downloads, and their peers."""
    right = [[200, page_bytes]] * len(urls)
    ours = [
        strategy(name, "download", in_flight, urls, right)
        for name in ("asyncio", "asyncio_uvloop", "curl_multi", "processes_asyncio", "threads")
    ]
    peers = [
        command("curl --parallel", urls, page_bytes, in_flight),
        command("wget2", urls, page_bytes, in_flight),
        command("aria2c", urls, page_bytes, in_flight),
        plain("aiohttp_gather", "download", in_flight, urls, right),
        plain("executor_requests", "download", in_flight, urls, right),
        plain("requests_loop", "download", 1, urls[:loop_pages], right[:loop_pages], scale=len(urls) / loop_pages),
        plain(
            "httpx_loop",
            "download",
            1,
            urls[:loop_pages],
            right[:loop_pages],
            scale=len(urls) / loop_pages,
            needs="httpx",
        ),
    ]
    return ours, peers


def computations(numbers: list[int], cores: int) -> tuple[list[Contestant], list[Contestant]]:
    """Our strategies for sums of squares, and their peers; processes start in the interpreter's own way in all."""
    right = [closed_form(n) for n in numbers]
    ours = [
        strategy(name, "squares", cores, numbers, right)
        for name in ("process_pool", "multiprocessing_pool", "process_pool_ranges")
    ]
    peers = [
        plain("executor_map", "squares", cores, numbers, right),
        plain("pool_map", "squares", cores, numbers, right),
        plain("joblib_parallel", "squares", cores, numbers, right, needs="joblib"),
        plain("mpire_map", "squares", cores, numbers, right, needs="mpire"),
    ]
    return ours, peers


# -- the contestants ---------------------------------------------------------------------------------------------------


def strategy(
    name: str, workload: str, workers: int, items: list[Any], right: list[Any], called: str = ""
) -> Contestant:
    known = catalogue(workload)[name]
    run = sampled(workload, known.module, workers, known.defaults, items, right)
    return Contestant(called or name, "ours", run, known.missing)


def plain(
    name: str, workload: str, workers: int, items: list[Any], right: list[Any],
    kind: str = "peer", scale: float = 1.0, needs: str = "",
) -> Contestant:  # fmt: skip
    run = sampled(workload, f"plain.{name}", workers, {}, items, right, scale)
    return Contestant(name, kind, run, "" if not needs or installed(needs) else f"not installed: pip install {needs}")


def installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def sampled(
    workload: str,
    module: str,
    workers: int,
    options: dict[str, Any],
    items: list[Any],
    right: list[Any],
    scale: float = 1.0,
) -> Callable[[], tuple[float, int | None]]:
    """A run in a fresh interpreter, as in a campaign."""

    def run() -> tuple[float, int | None]:
        try:
            measured, answers = sampling.run_sample(
                workload, module, workers, options, items, sampling.Conditions(timeout_s=LIMIT_S)
            )
        except sampling.SampleError as error:
            raise FailedError(str(error)) from error
        if answers != right:
            wrong = sum(answer != wanted for answer, wanted in zip(answers, right, strict=False))
            raise FailedError(f"{wrong} of {len(right)} answers are wrong")
        # the limit's interpreters are there already: their start is no part of what could be reached
        lasted = measured["work_s"] if module == "plain.independent" else measured["wall_s"]
        return lasted * scale, measured["max_rss_bytes"]

    return run


@dataclass(frozen=True)
class Program:
    """A command-line downloader: how it is called, and how many bytes it has downloaded."""

    package: str
    idle: list[str]  # how it is called to start up and do nothing
    arguments: Callable[[Path, int], list[str]]  # from the file with the URLs, and how many are in flight
    list_of: Callable[[list[str]], str]
    counted: Callable[[Path, str], int]  # from the folder that it ran in, and its standard output
    digests: bool = False  # its standard output is a line a page that begins with the SHA-256


def written(folder: Path, _: str) -> int:
    return sum(file.stat().st_size for file in (folder / "pages").iterdir())


def digested(program: Program, digest: str) -> Program:
    """`program`, and then the command `digest` on what it has written."""
    return replace(
        program,
        arguments=lambda file, n: ["sh", "-c", f"{shlex.join(program.arguments(file, n))} && {digest} pages/*"],
        digests=True,
    )


JOB = [sys.executable, str(HERE / "job.py")]
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
WITHOUT_FILES = {  # as far as they can
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
OPENSSL = "openssl dgst -r -sha256"  # where coreutils are built without libcrypto, three times as fast as sha256sum
INTO_FILES = {
    "downloader": Program(
        "", [*JOB, "1", os.devnull], lambda file, n: [*JOB, str(n), str(file)], "\n".join, written, digests=True
    ),
    "curl --parallel, sha256sum": digested(CURL, "sha256sum"),
    "wget2, sha256sum": digested(WGET2, "sha256sum"),
    "curl --parallel, openssl": digested(CURL, OPENSSL),
    "wget2, openssl": digested(WGET2, OPENSSL),
    "curl --parallel, no digests": CURL,
    "wget2, no digests": WGET2,
    "aria2c, no digests": ARIA2C,
}
PROGRAMS = WITHOUT_FILES | INTO_FILES


def command(name: str, urls: list[str], page_bytes: int, in_flight: int, kind: str = "peer") -> Contestant:
    """A program started afresh; what it writes, it writes to memory."""
    program = PROGRAMS[name]

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
                right = hashlib.sha256(body(page_bytes)).hexdigest()
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


def body(page_bytes: int) -> bytes:
    """The page that nginx serves."""
    return random.Random(1).randbytes(page_bytes)


@contextmanager
def nginx(page_bytes: int) -> Iterator[str]:
    """nginx on a free port, serving one page of that size at whatever query; yields the page's address."""
    assert NGINX
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "page").write_bytes(body(page_bytes))
        (folder / "nginx.conf").write_text(NGINX_CONF.format(folder=folder, port=port))
        server = subprocess.Popen([NGINX, "-e", f"{folder}/error.log", "-p", place, "-c", f"{folder}/nginx.conf"])
        try:
            for _ in range(200):
                with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}/page"
        finally:
            server.terminate()
            server.wait()


NGINX_CONF = """
daemon off;
worker_processes auto;
pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10;
  keepalive_requests 10000000;
  default_type text/html;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}; }}
}}
"""


# -- the tables --------------------------------------------------------------------------------------------------------


def names(contestants: list[Contestant]) -> tuple[str, ...]:
    return tuple(contestant.name for contestant in contestants)


def seconds(sample: Sample) -> float:
    return math.nan if sample.seconds is None else sample.seconds


def figures(contest: Contest, samples: list[Sample]) -> dict[str, list[float]]:
    """Each contestant's ratio of every round that has one."""
    found: dict[str, list[float]] = {}
    for number in sorted({sample.round for sample in samples}):
        others = {sample.contestant: sample for sample in samples if sample.round == number}
        for name in others:
            try:
                ratio = contest.figure(name, others)
            except KeyError:  # what it is held against is not installed
                continue
            if not math.isnan(ratio):
                found.setdefault(name, []).append(ratio)
    return found


def is_faster(one: str, other: str, samples: list[Sample], family: int) -> bool:
    """Whether `one` is faster than `other` beyond the interval of the ratios of a round, `family` of which are asked
    for."""
    times = {(sample.contestant, sample.round): seconds(sample) for sample in samples}
    pairs = [(times.get((one, number)), times.get((other, number))) for number in {sample.round for sample in samples}]
    found = [theirs / own for own, theirs in pairs if own and theirs and not math.isnan(own + theirs)]
    return bool(found) and interval(found, family)[1] > 1


def interval(ratios: list[float], family: int = 1) -> tuple[float, float, float]:
    """Geometric mean and 95 % interval (Student's t on the logarithms), so wide that `family` of them hold at once;
    from one value the interval is open."""
    logs = [math.log(ratio) for ratio in ratios]
    mean = sum(logs) / len(logs)
    half = math.inf
    if len(logs) > 1:
        spread = math.sqrt(sum((log - mean) ** 2 for log in logs) / (len(logs) - 1))
        half = float(stats.t.ppf(1 - 0.025 / family, len(logs) - 1)) * spread / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def describe(contest: Contest, samples: list[Sample]) -> str:
    """A contest's table and whether its goals were reached."""
    ratios = {name: interval(values) for name, values in figures(contest, samples).items()}
    lines = [
        f"## {contest.title}",
        "",
        f"| who | | median s | {contest.column} | 95 % interval | failed |",
        "|---|---|---|---|---|---|",
    ]
    sign = 1 if contest.goals[0].at_most else -1  # the best first, what has no figure last
    for contestant in sorted(contest.contestants, key=lambda one: sign * ratios.get(one.name, (sign * math.inf,))[0]):
        own = [sample for sample in samples if sample.contestant == contestant.name]
        if contestant.missing:
            lines.append(f"| {contestant.name} | {contestant.kind} | {contestant.missing} | | | |")
            continue
        times = [sample.seconds for sample in own if sample.seconds is not None]
        ratio = "{:.3f} | {:.3f} – {:.3f}".format(*ratios[contestant.name]) if contestant.name in ratios else "– | –"
        errors = {sample.error for sample in own if sample.error}
        failed = f"{len(own) - len(times)}" + (f" ({'; '.join(sorted(errors))})" if errors else "")
        middle = f"{median(times):.3f}" if times else "–"
        lines.append(f"| {contestant.name} | {contestant.kind} | {middle} | {ratio} | {failed} |")
    lines.append("")
    for goal in contest.goals:
        best = goal.reached({name: values[0] for name, values in ratios.items()})
        if best is None:
            lines.append(f"- {goal.text}: not measured")
        else:
            met = best[1] <= goal.bound if goal.at_most else best[1] >= goal.bound
            lines.append(f"- {goal.text}: {best[0]} {best[1]:.3f}, {'reached' if met else 'not reached'}")
    known = {kind: [one.name for one in contest.contestants if one.kind == kind] for kind in ("ours", "peer")}
    ours, peers = ([name for name in group if name in ratios] for group in known.values())
    if ours and peers:
        best_of_ours = min(ours, key=lambda name: sign * ratios[name][0])
        ahead = [name for name in peers if is_faster(name, best_of_ours, samples, len(peers))]
        lines.append(f"- peers faster than our {best_of_ours}, in the same rounds: {', '.join(ahead) or 'none'}")
    return "\n".join([*lines, *contest.remarks(samples), ""])


def bytes_a_page(few: str, many: str) -> Callable[[list[Sample]], list[str]]:
    """How much the peak memory grows with each page beyond the few."""

    def remarks(samples: list[Sample]) -> list[str]:
        peaks = {
            name: median(
                [sample.max_rss_bytes for sample in samples if sample.contestant == name and sample.max_rss_bytes]
            )
            for name in (few, many)
        }
        pages = {name: int(name.split()[0].replace(",", "")) for name in peaks}
        grown = (peaks[many] - peaks[few]) / (pages[many] - pages[few])
        return [
            f"- peak memory at most 600 bytes a page more: {grown:.0f}, {'reached' if grown <= 600 else 'not reached'}"
        ]

    return remarks


def preface(rounds: int, quick: bool) -> str:
    facts = environment.describe(available())
    versions = [f"{name} {metadata.version(name)}" for name in PACKAGES if installed(name)]
    for program in ("curl", "wget2", "aria2c", NGINX):
        if program and shutil.which(program):
            said = subprocess.run(
                [program, "-v" if program == NGINX else "--version"], capture_output=True, text=True, check=False
            )
            versions.append(" ".join((said.stdout or said.stderr).split()[:3]))
    meaning = "; a hundredth of the work, so these figures mean nothing" if quick else ""
    machine = f"{facts['Processor']}, {facts['Cores']}; {facts['System']}; Python {platform.python_version()}"
    lines = [
        "# Our strategies and their peers",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {rounds} rounds{meaning}. {machine}.",
        f"{', '.join(versions)}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
