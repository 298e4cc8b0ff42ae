"""The paths on which a replay is held against the truth, and what is compared on each."""

from dataclasses import dataclass

from concurrency.measuring.arms import Arm
from helpers.emulated.worlds import World, pages

ARMS = (
    Arm("sequential"),
    Arm("threads", 4),
    Arm("threads", 15),
    Arm("asyncio", 4),
    Arm("asyncio", 15),
    Arm("asyncio_session_per_request", 15),
    Arm("curl_multi", 15),
)
MORE_ARMS = (*ARMS, Arm("asyncio", 8), Arm("threads", 8), Arm("asyncio_session_per_request", 4))


@dataclass(frozen=True)
class Case:
    """A path with what is asked of the replay there.

    `kind`: `path` is one of the ten; `unsteady` is judged by its intervals, `hosts` by tighter bounds. The truth is
    measured in every round, a replay in every `replay_every`th.
    """

    text: str
    world: World
    kind: str = "path"
    arms: tuple[Arm, ...] = ARMS
    rounds: int = 8
    replay_every: int = 1


CASES = {
    "near": Case(
        "5 ms, 100 Mbit/s, 25 pages of 15–90 kB",
        World(pages(25, think_ms=(10, 60), seed=1), rtt_ms=5, mbit_per_s=100, spread=0.1),
    ),
    "plain": Case(
        "30 ms, 50 Mbit/s, 20 pages of 15–90 kB",
        World(pages(20, think_ms=(15, 60), seed=2), rtt_ms=30, mbit_per_s=50, spread=0.1),
    ),
    "slow link": Case(
        "80 ms, 10 Mbit/s, 20 pages of 15–90 kB",
        World(pages(20, think_ms=(15, 60), seed=3), rtt_ms=80, mbit_per_s=10, spread=0.1),
    ),
    "tls": Case(
        "40 ms, 50 Mbit/s, TLS, 20 pages of 15–90 kB, gzip",
        World(pages(20, (40_000, 250_000), (15, 60), "gzip", seed=4), rtt_ms=40, mbit_per_s=50, tls=True, spread=0.1),
    ),
    "four at once": Case(
        "30 ms, 50 Mbit/s, 4 slots, spread 30 %, 20 pages of 15–90 kB",
        World(pages(20, think_ms=(30, 100), seed=5), rtt_ms=30, mbit_per_s=50, slots=4, spread=0.3),
    ),
    "far": Case(
        "150 ms, 100 Mbit/s, TLS, 20 slots, 15 pages of 2–30 kB",
        World(pages(15, (2_000, 30_000), (10, 60), seed=6), rtt_ms=150, mbit_per_s=100, tls=True, slots=20, spread=0.1),
    ),
    "narrow": Case(
        "20 ms, 5 Mbit/s, TLS, 20 pages of 5–30 kB, gzip, chunked",
        World(
            pages(20, (15_000, 90_000), (20, 80), "gzip", "chunked", seed=7),
            rtt_ms=20,
            mbit_per_s=5,
            tls=True,
            spread=0.1,
        ),
    ),
    "large": Case(
        "40 ms, 100 Mbit/s, 15 pages of 100 kB – 1 MB",
        World(pages(15, (100_000, 1_000_000), (10, 60), seed=8), rtt_ms=40, mbit_per_s=100, spread=0.1),
    ),
    "closing": Case(
        "25 ms, 20 Mbit/s, TLS, closes after each reply, 20 pages of 10–60 kB",
        World(
            pages(20, (10_000, 60_000), (15, 60), seed=9),
            rtt_ms=25,
            mbit_per_s=20,
            tls=True,
            requests_per_connection=1,
            spread=0.1,
        ),
    ),
    "one at once": Case(
        "15 ms, 50 Mbit/s, 1 slot, spread 30 %, 25 pages of 2–10 kB, gzip",
        World(pages(25, (6_000, 30_000), (15, 60), "gzip", seed=10), rtt_ms=15, mbit_per_s=50, slots=1, spread=0.3),
    ),
    "unsteady": Case(
        "60 ms, jitter 20 ms, 0.5 % loss, 50 Mbit/s, 15 pages of 15–90 kB",
        World(
            pages(15, think_ms=(15, 60), seed=11),
            rtt_ms=60,
            mbit_per_s=50,
            jitter_ms=20,
            loss=0.005,
            spread=0.1,
        ),
        kind="unsteady",
        arms=MORE_ARMS,
        rounds=40,
        replay_every=4,
    ),
    "20 hosts": Case(
        "30 ms, 50 Mbit/s, 20 hosts with a page of 15–90 kB each",
        World(pages(20, think_ms=(15, 60), hosts=20, seed=12), rtt_ms=30, mbit_per_s=50, spread=0.1),
        kind="hosts",
    ),
}
