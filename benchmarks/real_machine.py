"""The promises about real machines, put to the test on this one through the product's own sampling and verdict."""

import asyncio
import bisect
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from aiohttp import web
from tqdm import tqdm

from concurrency import processes
from concurrency.deciding import tables
from concurrency.deciding.inference import WORTHWHILE
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.measuring import arms, lock, sampling
from concurrency.measuring.arms import AUTO, Arm
from concurrency.measuring.sampling import Conditions
from concurrency.measuring.screening import Screening
from concurrency.workloads.download.workload import Download
from concurrency.workloads.squares.workload import Squares

CORES = 2
BURNER = """
import os, time
period, share, ours = 0.05, {share}, {ours}
if burner := os.fork():
    os.write(1, str(burner).encode())
    os._exit(0)
os.close(1)
while os.path.exists(f"/proc/{{ours}}"):
    until = time.perf_counter() + period * share
    while time.perf_counter() < until:
        pass
    time.sleep(period * (1 - share))
"""
LATENCY_S, PAGES = 0.05, 24
SLOTS, SLOT_PAGES, THINK_MS, RTT_MS = (1, 3, 4, 8, 20), 40, 50, 2
SERVED_AT_ONCE, SERVED_S, SERVED_PAGES = 4, 0.2, 8  # long, so that a client's turn-round is next to nothing


def record(path: Path, samples: int = 600) -> None:
    """Write the times of `samples` identical fresh processes, one after the other, to `path`."""
    numbers = [1_500_000]
    rows = []
    with lock.machine_to_itself():
        for number in tqdm(range(1, samples + 1), "record"):
            rows += _squares([Arm("sequential")], numbers, number)
    tables.write(tables.timings(rows)[["wall_s", "cpu_s", "load", "steal_s"]], path)


def main(results: Path, only: Sequence[str] = ()) -> int:
    """Measure, print and write the table; 1 if a promise is broken. With `only` some checks by their names, the table
    keeps what it has of the others."""
    checks: list[Callable[[], Iterator[dict[str, Any]]]] = [burner, scaled_work, perfect_client, capped_server, slots]
    known = results / "real_machine.csv"
    before = pd.read_csv(known) if only and known.exists() else pd.DataFrame()
    with lock.machine_to_itself():
        rows = [
            row | {"check": check.__name__} for check in checks if not only or check.__name__ in only for row in check()
        ]
    found = pd.DataFrame(rows)
    if len(before):
        found = pd.concat([before[~before["check"].isin(found["check"])], found])
    lines = ["| promise | figure | reach | kept |", "|---|---|---|---|"]
    lines += [f"| {row.promise} | {row.figure} | {row.reach} | {row.kept} |" for row in found.itertuples()]
    text = "\n".join(lines) + "\n"
    results.mkdir(exist_ok=True)
    found.to_csv(results / "real_machine.csv", index=False)
    (results / "real_machine.md").write_text(text, encoding="utf-8")
    print(text)
    return int((found["kept"] == "no").any())


def _row(promise: str, figure: str, reach: str, kept: bool) -> dict[str, Any]:
    return {"promise": promise, "figure": figure, "reach": reach, "kept": "yes" if kept else "no"}


def _squares(ordered: Sequence[Arm], numbers: list[int], number: int) -> list[dict[str, Any]]:
    work = Squares(numbers)
    return sampling.measure_round(work, ordered, numbers, work.expected(), number=number, cores=CORES)


@contextmanager
def _busy(share: float) -> Iterator[None]:
    """A process that keeps this much of a core busy: nobody's child, for what a campaign starts is not others' load."""
    program = BURNER.format(share=share, ours=os.getpid())
    started = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    try:
        yield
    finally:
        os.kill(int(started.stdout), signal.SIGKILL)


def burner(campaigns: int = 20, rounds: int = 5) -> Iterator[dict[str, Any]]:
    """Campaigns with and without a process that takes 20 % of a core, in turn: how many are flagged for the machine."""
    numbers = [3_000_000] * 4
    compared = arms.with_control([Arm("sequential"), Arm("process_pool", CORES)])
    reasons: dict[float, list[list[str]]] = {0.0: [], 0.2: []}
    for campaign in tqdm(range(campaigns), "burner"):
        for share, found in reasons.items():
            with _busy(share) if share else _nothing():
                rows = [
                    row
                    for number in range(1, rounds + 1)
                    for row in _squares(arms.in_order(compared, campaign, "squares", number), numbers, number)
                ]
            timings = tables.timings(rows)
            found.append(verdict(timings, summarise(timings))["squares"]["reasons"])
    with_it, without = (np.mean([bool(found) for found in reasons[share]]) for share in (0.2, 0.0))
    blamed = [
        np.mean([any(reason.startswith("other programs") for reason in found) for found in reasons[share]])
        for share in (0.2, 0.0)
    ]
    yield _row("20 % of a core taken by a burner: flagged", f"{with_it:.0%}", "≥ 95 %", with_it >= 0.95)
    yield _row("the same: other programs named as the reason", f"{blamed[0]:.0%}", "≥ 95 %", blamed[0] >= 0.95)
    yield _row("no burner: other programs named as the reason", f"{blamed[1]:.0%}", "≤ 10 %", blamed[1] <= 0.10)
    yield _row("no burner: flagged for anything", f"{without:.0%}", "≤ 10 % if the machine is quiet", without <= 0.10)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def scaled_work(rounds: int = 40) -> Iterator[dict[str, Any]]:
    """The same CPU work made longer by a known factor: what the measurement makes of the factor."""
    factors = (1.0, 1.02, 1.05, 1.10)
    rows = []
    for number in tqdm(range(1, rounds + 1), "scaled work"):
        for factor in arms.in_order(factors, 1, "scaled", number):
            [row] = _squares([Arm("sequential")], [round(4_000_000 * factor)], number)
            rows.append(row | {"strategy": "sequential" if factor == 1 else f"work × {factor:.2f}"})
    summary = summarise(tables.timings(rows)).set_index("strategy")
    for factor in factors[1:]:
        row = summary.loc[f"work × {factor:.2f}"]
        longer, low, high = (1 / row[name] for name in ("speedup", "speedup_high", "speedup_low"))
        kept = low - 0.003 <= factor <= high + 0.003
        figure = f"{longer:.4f} ({low:.4f}–{high:.4f})"
        yield _row(f"CPU work × {factor:.2f}", figure, "bias ≤ 0.3 points beyond the interval", kept)


def perfect_client(rounds: int = 10) -> Iterator[dict[str, Any]]:
    """A client that does nothing but wait: n equal latencies L, k at once, take ⌈n/k⌉·L."""

    async def wait_all(k: int) -> float:
        limit = asyncio.Semaphore(k)

        async def one() -> None:
            async with limit:
                await asyncio.sleep(LATENCY_S)

        begin = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(PAGES)))
        return time.perf_counter() - begin

    rows = []
    for number in tqdm(range(1, rounds + 1), "perfect client"):
        rows += [
            _waited("sequential" if k == 1 else "asyncio", k, number, asyncio.run(wait_all(k)))
            for k in arms.in_order((1, 5, 8), 1, "perfect", number)
        ]
    summary = summarise(tables.timings(rows)).set_index("workers")
    for k in (5, 8):
        ideal = PAGES / math.ceil(PAGES / k)
        row = summary.loc[k]
        kept = row["speedup_low"] - 0.003 * ideal <= ideal <= row["speedup_high"] + 0.003 * ideal
        figure = f"{row['speedup']:.3f} ({row['speedup_low']:.3f}–{row['speedup_high']:.3f})"
        reach = f"holds n/⌈n/k⌉ = {ideal:g} (± 0.3 %: a timer wakes late)"
        yield _row(f"perfect client, {PAGES} × {LATENCY_S * 1000:g} ms, {k} at once", figure, reach, kept)


def _waited(strategy: str, workers: int, number: int, seconds: float) -> dict[str, Any]:
    return {
        "workload": "download",
        "strategy": strategy,
        "workers": workers,
        "round": number,
        "cores": CORES,
        "items": PAGES,
        "failed": 0,
        "wall_s": seconds,
    }


def capped_server(rounds: int = 10) -> Iterator[dict[str, Any]]:
    """A server that serves k at once: the recommended number in flight is k."""
    counts = (1, 2, SERVED_AT_ONCE, 2 * SERVED_AT_ONCE)
    compared = [Arm("sequential"), *(Arm("asyncio", count) for count in counts[1:])]
    command = [sys.executable, __file__, "serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=processes.environment()
    ) as server:
        assert server.stdin and server.stdout
        port = int(server.stdout.readline())
        urls = [f"http://127.0.0.1:{port}/{page}" for page in range(SERVED_PAGES)]
        rows = []
        for number in tqdm(range(1, rounds + 1), "capped server"):
            ordered = arms.in_order(compared, 1, "capped", number)
            expected = [[200, 4]] * SERVED_PAGES
            measured = sampling.measure_round(Download(urls), ordered, urls, expected, number=number, cores=CORES)
            rows += [row | {"minimum_s": None, "limit": ""} for row in measured]  # this server is no replay of sites
        server.stdin.close()
    timings = tables.timings(rows)
    answer = verdict(timings, summarise(timings))["download"]
    figure = f"{answer['strategy']} with {answer['workers']} in flight, {answer['speedup']:.3g}×"
    kept = answer["workers"] == SERVED_AT_ONCE
    yield _row(f"a server that serves {SERVED_AT_ONCE} at once", figure, f"{SERVED_AT_ONCE} in flight", kept)


def slots(campaigns: int = 4, rounds: int = 6) -> Iterator[dict[str, Any]]:
    """A replayed server that works on k requests at once: how many in flight are found, from screening on, beside the
    fewest that are enough of all that are measured one after the other."""
    counts = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 40)
    for k in SLOTS:
        with tempfile.TemporaryDirectory() as folder:
            sites = Path(folder, "sites.csv")
            page = f",2000,{THINK_MS + RTT_MS},{RTT_MS},{RTT_MS},{k}"
            rows = [f"http://site.test/{number}{page}" for number in range(SLOT_PAGES)]
            sites.write_text("\n".join(["url,wire_bytes,latency_ms,connect_ms,rtt_ms,slots", *rows, ""]))
            work = Download(sites)
            every = _rounds(work, [Arm("asyncio", count) for count in counts], 3, seed=0)
            times = every.groupby("workers")["wall_s"].median()
            best = int(times.index[times <= times.min() * (1 + WORTHWHILE)].min())
            found = [_found(work, rounds, seed) for seed in tqdm(range(1, campaigns + 1), f"{k} slots")]
        place = [bisect.bisect_left(counts, workers) for workers in found]
        near = sum(abs(at - counts.index(best)) <= 1 for at in place)
        figure = (
            f"{', '.join(map(str, found))} in flight; of all, {best} are enough: {near} of {campaigns} within a rung"
        )
        yield _row(f"a replayed server that works on {k} at once", figure, "all within a rung", near == campaigns)


def _found(work: Download, rounds: int, seed: int) -> int:
    """How many in flight a whole campaign recommends."""
    screening = Screening(seed, rounds=3, finalists=6)
    finalists, _ = screening.of(work, [Arm("sequential"), Arm("asyncio", AUTO)], CORES, Conditions())
    timings = _rounds(work, arms.with_control(finalists), rounds, seed)
    return int(verdict(timings, summarise(timings))["download"]["workers"])


def _rounds(work: Download, compared: Sequence[Arm], rounds: int, seed: int) -> pd.DataFrame:
    rows = []
    for number in range(1, rounds + 1):
        with work.at_hand(number) as urls:
            ordered = arms.in_order(compared, seed, "slots", number)
            rows += sampling.measure_round(work, ordered, urls, work.expected(), number=number, cores=CORES)
    return tables.timings(rows)


async def _serve() -> None:
    at_once = asyncio.Semaphore(SERVED_AT_ONCE)

    async def handle(_request: web.BaseRequest) -> web.Response:
        async with at_once:
            await asyncio.sleep(SERVED_S)
        return web.Response(body=b"page")

    loop = asyncio.get_running_loop()
    server = await loop.create_server(web.Server(handle), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__" and sys.argv[1:] == ["serve"]:
    asyncio.run(_serve())
