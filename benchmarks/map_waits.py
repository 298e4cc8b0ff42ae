"""Whether waiting as the map's items do is waiting as one does for a service: the same work on timers of the kernel, on
sockets of a local server, and asleep, interleaved.

python benchmarks/map_waits.py                two minutes on a machine to itself; results/map_waits.md has the outcome
"""

import argparse
import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from waiting import by_socket

from concurrency.cores import available
from concurrency.mapping.contestants import contestants
from concurrency.mapping.grid import Place
from concurrency.mapping.sweeping import WORK, calibrated, sweep
from concurrency.measuring import lock
from concurrency.measuring.interpreters import RUNNING

WAYS = {"timer": WORK, "socket": "waiting.by_socket", "asleep": "waiting.by_sleep"}
NAMES = ("threads", "asyncio", "processes_asyncio")
PLACES = [Place(waiting, computing) for waiting in (4, 8, 12, 16) for computing in (0, 6)]
RESULTS = Path(__file__).parent / "results" / "map_waits.md"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    arguments.add_argument("--rounds", type=int, default=9)
    rounds = arguments.parse_args().rounds
    every = {one.name: one for one in contestants([RUNNING], available())[RUNNING.label]}
    unit_s = calibrated(every["sequential"], None)
    times: dict[tuple[str, str, Place], list[float]] = {}
    with lock.machine_to_itself(), by_socket.server():
        for number in range(rounds):
            chance = random.Random(number)
            arms = [(name, way) for name in NAMES for way in WAYS]
            for name, way in chance.sample(arms, len(arms)):
                found = sweep(every[name], chance.sample(PLACES, len(PLACES)), unit_s, None, 300.0, WAYS[way])
                if found.error:
                    sys.exit(f"{name}, {way}: {found.error}")
                for place, took_s in zip(found.places, found.took_s, strict=True):
                    times.setdefault((name, way, place), []).append(took_s)
    lines = [
        f"Time on a socket of a local server, and asleep, over that on the kernel's timers; median of {rounds} rounds.",
        "",
        "| waits, ms | computes, ms | strategy | timers, ms | socket | asleep |",
        "|---:|---:|---|---:|---:|---:|",
    ]
    for place in PLACES:
        for name in NAMES:
            timer, socket, asleep = (times[name, way, place] for way in WAYS)
            ratios = [
                statistics.median(one / own for one, own in zip(other, timer, strict=True))
                for other in (socket, asleep)
            ]
            lines.append(
                f"| {1000 * place.waits_s:.3g} | {1000 * place.computes_s:.3g} | {name} | "
                f"{1000 * statistics.median(timer):.3g} | {ratios[0]:.3f} | {ratios[1]:.3f} |"
            )
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
