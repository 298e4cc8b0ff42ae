"""Whether the map holds where it was not measured: at random points, what it recommends there is measured afresh.

python benchmarks/map_holds.py results/tables/map.csv      a quarter of an hour; results/map_holds.md has the outcome

Also what theory says: where items only wait, the gain is the number in flight; where they only compute, the cores.
"""

import argparse
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import numpy as np

from concurrency.cores import available
from concurrency.deciding.inference import WORTHWHILE
from concurrency.mapping import answers, grid
from concurrency.mapping.answers import CHECKED, Answer
from concurrency.mapping.contestants import IN_FLIGHT, ITEMS, Contestant, contestants
from concurrency.mapping.grid import IN_TEN, LEVELS, Place
from concurrency.mapping.journal import Stage
from concurrency.mapping.position import Spot, said, spots
from concurrency.mapping.sweeping import calibrated, sweep
from concurrency.measuring import lock, machine
from concurrency.measuring.interpreters import RUNNING
from concurrency.strategies._catalogue import BASELINE

POINTS, ROUNDS, NEEDED = 30, 10, 27
SLOW = 1.5  # times the best in a first round that does not count: what is slower is measured no more
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument("map", type=Path, help="the map.csv of a survey on this machine and this Python")
    options.add_argument("--seed", type=int, default=datetime.now(UTC).toordinal())
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--points", type=int, default=POINTS)
    given = options.parse_args()
    table = answers.read(given.map)
    if RUNNING.label not in set(table["interpreter"]):
        sys.exit(f"{given.map}: has no map of {RUNNING.label}, which runs this")
    known = spots(table)[RUNNING.label]
    competing = contestants([RUNNING], available())
    fresh = measured(competing, drawn(given.seed, given.points, known), given.seed, given.rounds)
    processor = machine.describe(available())["Processor"]
    where = f"{RUNNING.label}, {processor}, {available()} cores, {datetime.now(UTC):%Y-%m-%d}"
    lines = [
        f"{where}; map of {len(known)} places; seed {given.seed}, {given.rounds} rounds.",
        "",
        *held(known, fresh),
        "",
        *theory(known),
    ]
    RESULTS.joinpath("map_holds.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def drawn(seed: int, count: int, known: dict[Place, Spot]) -> list[Place]:
    """Points at random, by the logarithms of their times, none of which is a place of the map."""
    chance, found = random.Random(seed), []
    while len(found) < count:
        place = Place(chance.uniform(1, LEVELS), chance.uniform(1, LEVELS))
        found += [place] if place not in known else []
    return found


def measured(
    competing: dict[str, list[Contestant]], places: list[Place], seed: int, rounds: int
) -> dict[Place, Answer]:
    """What fresh rounds say of each point, of all that may be quick there."""
    [(label, every)] = competing.items()
    unit_s = calibrated(every[0], None)
    first: dict[Place, dict[str, float]] = {place: {} for place in places}
    with lock.machine_to_itself():
        for one in every[1:]:
            wanted = [place for place in places if one.least_s(place) < ITEMS * (place.waits_s + place.computes_s)]
            found = sweep(one, wanted, unit_s, None, 300.0)
            for place in wanted:
                first[place][one.name] = found.at(place)
        names = {
            place: [name for name, took_s in took.items() if took_s < SLOW * min(took.values())]
            for place, took in first.items()
        }
        stage = Stage({label: names}, rounds, counts=True)
        for number in range(rounds):
            chance = random.Random(f"{seed} {number}")
            for one in chance.sample(every, len(every)):
                wanted = list(CHECKED) if one.name == BASELINE else [at for at in places if one.name in names[at]]
                if wanted:
                    stage.sweeps.append((number, sweep(one, chance.sample(wanted, len(wanted)), unit_s, None, 300.0)))
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return answers.answers([stage], competing, WORTHWHILE)[label]


def held(known: dict[Place, Spot], fresh: dict[Place, Answer]) -> list[str]:
    """A line for each point, and how many hold."""
    lines = [
        "| waits, ms | computes, ms | the map says | best afresh | longer than that | holds |",
        "|---:|---:|---|---|---:|---|",
    ]
    count = 0
    for place, answer in sorted(fresh.items()):
        recommended = known[grid.nearest(known, place.waits_s, place.computes_s)].recommended
        means = dict(zip(answer.names, np.exp(answer.logs.mean(axis=0)), strict=True))
        best = min(means, key=lambda name: means[name])
        longer = means[recommended] / means[best] - 1 if recommended in means else float("inf")
        holds = recommended in answer.best or longer <= WORTHWHILE
        count += holds
        lines.append(
            f"| {1000 * place.waits_s:.3g} | {1000 * place.computes_s:.3g} | {said(recommended)} | {said(best)} | "
            f"{100 * longer:.1f} % | {'yes' if holds else 'no'} |"
        )
    verdict = (
        f"The map's recommendation is in the fresh best set, or within {WORTHWHILE:.0%} of the best, at {count} of "
        f"{len(fresh)} points (wanted: {NEEDED} of {POINTS})."
    )
    return [verdict, "", *lines]


def theory(known: dict[Place, Spot]) -> list[str]:
    """Gains where items only wait, and where they only compute."""
    expected = {"wait": f"{IN_FLIGHT} in flight", "compute": f"{available()} cores"}
    lines = ["| items only … | ms | recommended | gain | theory |", "|---|---:|---|---:|---:|"]
    for place, spot in sorted(known.items()):
        if 0 in place and max(place) >= LEVELS - 2 * IN_TEN:
            what, seconds = ("wait", place.waits_s) if place.waiting else ("compute", place.computes_s)
            told = f"{1000 * seconds:.3g} | {said(spot.recommended)} | {spot.gain:.2f} | {expected[what]}"
            lines.append(f"| {what} | {told} |")
    return lines


if __name__ == "__main__":
    main()
