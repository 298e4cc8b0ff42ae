"""The work of which the map is made: it waits and computes what it says, whatever strategy does it."""

import asyncio
import statistics
import time

import pytest

from concurrency.mapping import sweeping
from concurrency.mapping.contestants import ITEMS, contestants
from concurrency.mapping.grid import Place
from concurrency.measuring.child import SampleError
from concurrency.measuring.interpreters import RUNNING
from concurrency.workloads.mixed import timers, work

EVERY = contestants([RUNNING], cores=2)[RUNNING.label]


@pytest.mark.parametrize("contestant", EVERY, ids=lambda one: one.name)
def test_every_contestant_does_every_lot(contestant) -> None:
    places = [Place(4, 4), Place(0, 8), Place(8, 0)]
    found = sweeping.sweep(contestant, places, 4e-6, None, 60.0)
    assert found.error == ""
    assert len(found.took_s) == 3
    assert all(
        took_s > contestant.least_s(Place(place.waiting, 0)) * 0.9
        for place, took_s in zip(places, found.took_s, strict=True)
    )
    assert found.at(places[0]) == pytest.approx(found.setup_s + found.took_s[0])


def test_a_thread_waits_no_shorter_than_it_should() -> None:
    with timers.timer() as timer:
        for seconds in (1e-4, 1e-3, 0.02):
            began = time.perf_counter()
            timer.wait(seconds)
            assert time.perf_counter() - began >= seconds


def test_tasks_wait_together_on_connections_that_are_used_again() -> None:
    async def main() -> float:
        async with timers.connections() as connections:
            await asyncio.gather(*(connections.wait(0.02) for _ in range(20)))
            began = time.perf_counter()
            await asyncio.gather(*(connections.wait(0.05) for _ in range(20)))
            took_s = time.perf_counter() - began
            assert len(connections._every) == 20
        return took_s

    assert 0.05 <= asyncio.run(main()) < 20 * 0.05


def test_a_cancelled_wait_leaves_a_connection_as_good_as_new() -> None:
    async def main() -> None:
        async with timers.connections() as connections:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await connections.wait(0.05)
            began = time.perf_counter()
            await connections.wait(0.2)
            assert time.perf_counter() - began >= 0.2

    asyncio.run(main())


def test_where_the_system_has_no_timers_it_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError("no timers")

    monkeypatch.setattr(timers, "_function", none)
    built = work.build()
    began = time.perf_counter()
    assert built.call((0.02, 3)) == work.expected((0.02, 3))

    async def main() -> int:
        return await (await built.on_loop())((0.02, 3))

    assert asyncio.run(main()) == work.expected((0.02, 3))
    assert time.perf_counter() - began >= 0.04


def test_a_lot_computes_what_its_place_says_in_whole_units() -> None:
    lot = sweeping.lot(Place(4, 4), unit_s=4e-6)
    assert len(lot) == ITEMS
    assert {waits_s for waits_s, _ in lot} == {Place(4, 4).waits_s}
    assert sum(units for _, units in lot) == round(ITEMS * Place(4, 4).computes_s / 4e-6)
    assert max(units for _, units in lot) - min(units for _, units in lot) <= 1


def test_a_unit_is_computed_as_calibrated() -> None:
    unit_s = sweeping.calibrated(EVERY[0], None)
    took_s = []
    for _ in range(9):
        began = time.process_time()
        work.compute(500)
        took_s.append((time.process_time() - began) / 500)
    assert statistics.median(took_s) == pytest.approx(unit_s, rel=0.5)  # a unit, not ten: what runs beside is unknown


def test_a_strategy_that_cannot_start_is_a_sweep_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise SampleError("it did not start")

    monkeypatch.setattr(sweeping, "_told", broken)
    found = sweeping.sweep(EVERY[0], [Place(1, 1)], 4e-6, None, 60.0)
    assert (found.error, found.took_s) == ("it did not start", [])
    assert found.at(Place(1, 1)) == float("inf")
