"""A survey, on a machine that takes as long as theory says."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from concurrency.errors import UserError
from concurrency.mapping import answers, grid, survey
from concurrency.mapping.contestants import ITEMS, Contestant
from concurrency.mapping.grid import Place
from concurrency.mapping.journal import Journal
from concurrency.mapping.position import spots
from concurrency.mapping.survey import ROUNDS, Survey
from concurrency.mapping.sweeping import calibrated, sweep
from concurrency.measuring import usage
from concurrency.measuring.child import SampleError
from helpers.machines import SETUP_S, Machine, competing


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(seed=7)
    monkeypatch.setattr(survey, "sweep", machine.sweep)
    monkeypatch.setattr(survey, "calibrated", machine.calibrated)
    return machine


def surveyed(folder: Path, budget_s: float, conditions: str = "these") -> Journal:
    journal = Journal(folder / "map" / "journal.jsonl", {"under": conditions})
    Survey(competing(), journal, 1, 0.05, None, lambda used_s, doing: None).run(budget_s)
    return journal


def truly_best(machine: Machine, place: Place) -> dict[str, float]:
    """Of each contestant, how many times as long as the best it takes there."""
    [every] = competing().values()
    takes_s = {one.name: machine.takes_s(one, place) + SETUP_S.get(one.name, 0.0) for one in every}
    return {name: seconds / min(takes_s.values()) for name, seconds in takes_s.items()}


def test_what_it_recommends_is_within_what_is_worthwhile_of_the_best(machine: Machine, tmp_path: Path) -> None:
    journal = surveyed(tmp_path, 600)
    [known] = spots(answers.table(journal.stages, competing(), 0.05)).values()
    assert len(known) > 60
    for place, spot in known.items():
        assert truly_best(machine, place)[spot.recommended] < 1.08, (place, spot)


def test_the_time_goes_to_where_neighbours_differ(machine: Machine, tmp_path: Path) -> None:
    journal = surveyed(tmp_path, 600)
    [known] = spots(answers.table(journal.stages, competing(), 0.05)).values()
    finest = [place for place in known if place not in grid.lattice(4)]
    beside = [
        {known[other].recommended for other in known if max(abs(a - b) for a, b in zip(place, other, strict=True)) <= 4}
        for place in finest
    ]
    assert len(finest) > 30
    assert all(len(names) > 1 for names in beside)


@pytest.mark.parametrize("budget_s", [60, 200, 900])
def test_it_ends_in_time(machine: Machine, tmp_path: Path, budget_s: float) -> None:
    assert surveyed(tmp_path, budget_s).used_s < 1.05 * budget_s


def test_a_place_is_counted_in_whole_rounds_only(machine: Machine, tmp_path: Path) -> None:
    table = answers.table(surveyed(tmp_path, 60).stages, competing(), 0.05)
    measured = table[table["how"] == "measured"]
    assert measured["rounds"].between(2, ROUNDS).all()
    per_place = measured.groupby(["waiting", "computing"])["rounds"].nunique()
    assert (per_place == 1).all()


def test_a_killed_survey_goes_on_where_it_was_and_one_with_more_time_further(machine: Machine, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    whole, count = machine.sweep, 0

    def killing(*arguments: object) -> object:
        nonlocal count
        count += 1
        if count == 12:
            raise Killed
        return whole(*arguments)  # type: ignore[arg-type]

    survey.sweep = killing  # type: ignore[assignment]  (the fixture puts it back)
    with pytest.raises(Killed):
        surveyed(tmp_path, 60)
    file = tmp_path / "map" / "journal.jsonl"
    with file.open("a") as journal:
        journal.write('{"round": 0, "swe')  # half a line
    before = len(machine.sweeps)
    survey.sweep = machine.sweep  # type: ignore[assignment]
    surveyed(tmp_path, 60)
    assert len([json.loads(line) for line in file.read_text().splitlines() if "sweep" in line]) == len(machine.sweeps)
    assert before == 11
    known = len(machine.sweeps)
    surveyed(tmp_path, 60)
    assert len(machine.sweeps) == known  # its time is used
    surveyed(tmp_path, 120)
    assert len(machine.sweeps) > known


def test_with_more_time_it_becomes_no_worse_a_map_than_at_once(machine: Machine, tmp_path: Path) -> None:
    surveyed(tmp_path, 60)
    journal = surveyed(tmp_path, 600)
    [known] = spots(answers.table(journal.stages, competing(), 0.05)).values()
    assert set(grid.lattice(4)) <= set(known)


def test_what_cannot_be_calibrated_is_left_out_and_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> float:
        raise SampleError("it has no clock")

    monkeypatch.setattr(survey, "calibrated", broken)
    with pytest.raises(UserError, match="nothing can be measured here"):
        surveyed(tmp_path, 60)


def test_a_map_goes_on_with_the_interpreters_that_it_was_begun_with(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    [(label, ours)] = competing().items()
    other = "CPython 3.99"
    theirs = [replace(one, interpreter=replace(one.interpreter, label=other)) for one in ours]
    both = {label: ours, other: theirs}
    journal = Journal(tmp_path / "journal.jsonl", {})

    def broken(one: Contestant, _: str | None) -> float:
        if one.interpreter.label == other:
            raise SampleError("it has no clock")
        return machine.calibrated(one, None)

    monkeypatch.setattr(survey, "calibrated", broken)
    Survey(both, journal, 1, 0.05, None, lambda used_s, doing: None).run(20)
    assert f"no map of {other}: it has no clock" in caplog.text
    monkeypatch.setattr(survey, "calibrated", machine.calibrated)
    again = Journal(tmp_path / "journal.jsonl", {})
    Survey(both, again, 1, 0.05, None, lambda used_s, doing: None).run(60)
    assert f"no map of {other}: the survey that goes on was begun without it; to survey anew: rm " in caplog.text
    assert again.used_s > journal.used_s


def test_what_takes_far_longer_than_predicted_is_given_a_limit(machine: Machine, monkeypatch, tmp_path: Path) -> None:
    limits = []
    whole = machine.sweep
    monkeypatch.setattr(survey, "sweep", lambda *given: limits.append(given[-1]) or whole(*given))
    surveyed(tmp_path, 60)
    assert max(limits) < 60


def test_what_was_found_under_other_conditions_is_forgotten(machine: Machine, tmp_path: Path) -> None:
    surveyed(tmp_path, 60)
    known = len(machine.sweeps)
    surveyed(tmp_path, 60, "others")
    assert len(machine.sweeps) == pytest.approx(2 * known, abs=8)


def test_a_strategy_that_fails_keeps_no_other_from_its_answer(machine: Machine, tmp_path: Path) -> None:
    machine.failing.add("asyncio")
    table = answers.table(surveyed(tmp_path, 120).stages, competing(), 0.05)
    assert not table.loc[table["strategy"] == "asyncio", "best"].any()
    assert (table[table["recommended"]].groupby(["waiting", "computing"]).size() == 1).all()
    assert "threads" in set(table.loc[table["recommended"], "strategy"])


def test_what_does_not_start_is_no_evidence() -> None:
    [every] = competing().values()
    gone = replace(every[0], interpreter=replace(every[0].interpreter, executable="/nonexistent/python"))
    with pytest.raises(UserError, match=r"^map: sequential on .*: /nonexistent/python cannot be started: .*; put that"):
        sweep(gone, [Place(0, 0)], 1e-6, None, 60)


def test_what_cannot_win_is_not_measured_and_says_what_it_takes_at_least(machine: Machine, tmp_path: Path) -> None:
    table = answers.table(surveyed(tmp_path, 120).stages, competing(), 0.05)
    slow = table[(table["waiting"] == 16) & (table["computing"] == 0) & (table["strategy"] == "process_pool")]
    assert slow["how"].tolist() == ["at least"]
    assert slow["median_s"].tolist() == pytest.approx([16 * 0.3])
    assert not slow["best"].any()


def test_no_contestant_is_said_to_take_at_least_longer_than_it_does() -> None:
    machine, [every] = Machine(seed=1), competing().values()
    for one in every:
        for place in grid.lattice(1):
            assert one.least_s(place) <= machine.takes_s(one, place) * (1 + 1e-9), (one.name, place)


def test_what_its_own_workers_use_is_no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of a server that forks them, for whom nobody else waits."""
    always_busy = lambda: usage.Machine(2 * time.perf_counter(), 0.0, None, None)  # noqa: E731
    monkeypatch.setattr(usage, "of_machine", always_busy)
    [every] = competing().values()
    one_by_one, pool = (next(one for one in every if one.name == name) for name in ("sequential", "process_pool"))
    place = max((Place(0, level) for level in range(13)), key=lambda place: place.computes_s)
    unit_s = calibrated(one_by_one, None)
    found = sweep(pool, [place], unit_s, "forkserver", 100.0)
    assert found.error == ""
    ours_s = (2 - found.others) * found.lasted_s
    assert ours_s > 0.8 * ITEMS * place.computes_s
