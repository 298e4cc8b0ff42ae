"""What a work of one's own costs beside its function: the job and one round of 100,000 small items, and of one answer
of 200 MB, by seconds and by the memory of all processes at its peak.

python benchmarks/own_work.py                 two minutes on a machine to itself; docs/own-work.md has the outcome
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
WORK = """
def double(n):
    return 2 * n

def large(n):
    return "x" * 200_000_000
"""
STRATEGIES = ["sequential", "threads", "process_pool", {"process_pool": {"chunksize": "auto"}}]
CASES = {
    "100,000 small items": {"function": "work.py:double", "items": {"start": 0, "count": 100_000}},
    "one answer of 200 MB": {"function": "work.py:large", "items": [1]},
}
NOTHING = {"function": "work.py:double", "items": [1]}


def main() -> None:
    print("| | | seconds | peak memory, MB |\n|---|---|---:|---:|", flush=True)
    for what, work in {"one small item": NOTHING, **CASES}.items():
        with tempfile.TemporaryDirectory() as folder:
            done = {**work, "strategies": STRATEGIES, "measure_items": 100_000}
            config = {"download": {"sites": []}, "squares": {"numbers": []}, "works": {"mine": done}}
            Path(folder, "work.py").write_text(WORK, encoding="utf-8")
            Path(folder, "config.yaml").write_text(json.dumps(config), encoding="utf-8")
            for part, target in (("the job", "job"), ("one round", "results/rounds/mine/1.csv")):
                seconds, peak = run(folder, target)
                print(f"| {what} | {part} | {seconds:.1f} | {peak / 1e6:,.0f} |", flush=True)


def run(folder: str, target: str) -> tuple[float, int]:
    """How long `snakemake` took for `target`, and the most memory that its processes had together."""
    command = ["snakemake", "-s", ROOT / "Snakefile", "--cores", "all", "--quiet", "rules", "progress", "--", target]
    began = time.perf_counter()
    process = psutil.Popen([sys.executable, "-m", *command], cwd=folder)
    peaks = [0]

    def watch() -> None:
        while process.poll() is None:
            peaks.append(memory_of(process))
            time.sleep(0.05)

    watching = threading.Thread(target=watch)
    watching.start()
    watching.join()
    if process.returncode:
        sys.exit(f"snakemake {target}: ended with exit code {process.returncode}")
    return time.perf_counter() - began, max(peaks)


def memory_of(process: psutil.Popen) -> int:
    """Of it and all that it started, in bytes; what they share is divided among them (PSS)."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        for member in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess, FileNotFoundError, subprocess.SubprocessError):
                total += member.memory_full_info().pss
    return total


if __name__ == "__main__":
    main()
