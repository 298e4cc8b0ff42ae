"""Where measured works lie on the map, and what is said of them."""

import json
from pathlib import Path

import pandas as pd
import pytest

from concurrency.deciding import tables
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.mapping import position, thumb
from concurrency.mapping.grid import Place
from helpers import maps

HERE = {"interpreter": "CPython 3.13.0", "host": "here", "cores": 2, "items": 10, "failed": 0, "control": False}


def timings(workload: str, arms: dict, waits_s: float, computes_s: float, **more) -> pd.DataFrame:
    """Ten rounds in which each arm, {(strategy, workers): (seconds, CPU seconds)}, takes nearly the same; one by one is
    what ten items (or `items`) wait and compute."""
    items = more.get("items", HERE["items"])
    arms = {("sequential", 1): (items * (waits_s + computes_s), items * computes_s), **arms}
    return tables.timings(
        {"workload": workload, "strategy": name, "workers": workers, "round": number, "position": place, **HERE, **more}
        | {"wall_s": wall_s * (1 + 0.003 * ((7 * number + 3 * place) % 5)), "cpu_s": cpu_s}
        for number in range(1, 11)
        for place, ((name, workers), (wall_s, cpu_s)) in enumerate(arms.items(), 1)
    )


def located(measured: pd.DataFrame, seconds: dict | None = None, **map_options) -> dict:
    summary = summarise(measured)
    [found] = position.described(
        maps.table(**map_options), measured, summary, verdict(measured, summary), seconds or {}
    )
    return found


def test_a_work_lies_where_its_items_wait_and_compute_one_by_one() -> None:
    found = located(timings("download", {("asyncio", 15): (0.1, 0.01)}, 0.08, 0.002))
    assert found["waits_ms"] == pytest.approx(80, rel=0.02)
    assert found["computes_ms"] == pytest.approx(2, rel=0.02)


def test_samples_that_count_for_nothing_move_no_point() -> None:
    measured = timings("download", {("asyncio", 15): (0.1, 0.01)}, 0.08, 0.002)
    odd = measured[measured["strategy"] == "sequential"].assign(wall_s=99.0)
    for column in ("control", "screening"):
        measured = pd.concat([measured, odd.assign(**{column: True})], ignore_index=True)
    measured = pd.concat([measured, odd.assign(error="it broke")], ignore_index=True)
    [point] = position.points(measured, ["CPython 3.13.0"])
    assert point.waits_s == pytest.approx(0.08, rel=0.02)


def test_it_says_what_the_map_says_there_and_that_the_measurement_agrees() -> None:
    found = located(timings("download", {("asyncio", 15): (0.05, 0.01)}, 0.025, 0.002))
    assert found["map"] == found["measured"] == "asyncio"
    assert found["agrees"]
    assert "So says what was measured on the work itself." in found["sentence"]
    assert found["sentence"].startswith("Downloads: an item waits 25")


def test_it_says_what_would_change_the_answer() -> None:
    found = located(timings("download", {("asyncio", 15): (0.1, 0.01)}, 0.08, 0.002))
    assert "If what it waits for became 10 times as fast, threads" in found["sentence"]


def test_threads_that_compute_at_once_let_go_of_the_gil() -> None:
    found = located(timings("hashing", {("threads", 2): (0.05, 0.1)}, 0.0, 0.01))
    assert (found["map"], found["measured"], found["agrees"]) == ("process_pool", "threads", False)
    assert "lets go of the GIL" in found["sentence"]


def test_a_server_with_few_slots_is_named() -> None:
    arms = {("threads", 4): (0.2, 0.01), ("asyncio", 15): (0.3, 0.01)}
    found = located(timings("download", arms, 0.08, 0.002, limit="the server's 4 slots", minimum_s=0.19))
    assert not found["agrees"]
    assert "what bounds it is the server's 4 slots" in found["sentence"]


def test_items_of_unequal_length_are_named() -> None:
    found = located(timings("odd", {("threads", 2): (0.05, 0.04)}, 0.0, 0.01), {"odd": [0.01] * 9 + [0.2]})
    assert "the longest takes 69 % of the time of all" in found["sentence"]


def test_where_nothing_tells_it_says_so() -> None:
    arms = {("threads", 2): (0.05, 0.04), ("process_pool", 2): (0.09, 0.1)}
    found = located(timings("odd", arms, 0.0, 0.01, items=30))
    assert "why, these measurements do not tell" in found["sentence"]


def test_what_was_not_compared_and_another_number_of_items_are_named() -> None:
    found = located(timings("odd", {("threads", 2): (0.05, 0.04)}, 0.0, 0.0001, items=1000))
    assert "process_pool was not compared on it" in found["sentence"]
    assert "it has 1,000 items, and a place of the map 32, so that set-up counts less" in found["sentence"]


def test_a_few_long_items_among_thousands_are_no_reason() -> None:
    found = located(timings("odd", {("threads", 2): (0.05, 0.04)}, 0.0, 0.01), {"odd": [0.01] * 5000 + [0.2]})
    assert "unequal" not in found["sentence"]


def test_threads_of_another_interpreter_say_nothing_of_this_one() -> None:
    here = timings("hashing", {("process_pool", 2): (0.09, 0.1), ("threads", 2): (0.11, 0.1)}, 0.0, 0.01)
    there = timings("hashing", {("threads", 2): (0.05, 0.1)}, 0.0, 0.01).assign(interpreter="CPython 3.13.0t")
    measured = pd.concat([here, there], ignore_index=True)
    summary = summarise(measured)
    answer = {"hashing": {"strategy": "threads", "workers": 2, "interpreter": "CPython 3.13.0", "host": "here"}}
    [found] = position.described(maps.table(), measured, summary, answer, {})
    assert "lets go of the GIL" not in found["sentence"]


def test_a_work_beyond_the_map_is_said_to_be_so() -> None:
    found = located(timings("download", {("asyncio", 15): (4, 0.01)}, 3.0, 0.002))
    assert "At the edge of the map, beyond which it lies, asyncio" in found["sentence"]
    assert "Nothing would change that" not in found["sentence"]


def test_of_a_verdict_without_an_arm_there_is_the_place_alone() -> None:
    measured = timings("download", {("asyncio", 15): (0.1, 0.01)}, 0.08, 0.002)
    measured.loc[measured["strategy"] == "asyncio", "error"] = "it broke"
    measured.loc[measured["round"] == 1, "error"] = "it broke"
    found = located(measured)
    assert (found["measured"], found["agrees"]) == (None, None)
    assert "measured on the work itself" not in found["sentence"]


def test_an_interpreter_without_a_map_has_no_points() -> None:
    measured = timings("download", {}, 0.08, 0.002)
    assert position.points(measured, ["CPython 3.14.0"]) == []


def test_seconds_are_those_of_the_job(tmp_path: Path) -> None:
    lines = [{"item": 1, "seconds": 0.5, "result": 2}, {"item": 2, "seconds": 0.25, "error": "E", "message": ""}]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert position.seconds_of(tmp_path / "results.jsonl") == [0.5, 0.25]


def test_any_processes_make_the_claim_about_them_right() -> None:
    [known] = position.spots(maps.table(lambda place: "processes_asyncio", step=1)).values()
    assert thumb.tested(known)[2].wrong == 0.0


def test_where_no_winner_can_be_told_nothing_is_said_to_follow() -> None:
    table = maps.table().assign(clear=False)
    measured = timings("download", {("asyncio", 15): (0.1, 0.01)}, 0.08, 0.002)
    summary = summarise(measured)
    [found] = position.described(table, measured, summary, verdict(measured, summary), {})
    assert "So says" not in found["sentence"]
    assert "Nothing would change" not in found["sentence"]
    assert " If " not in found["sentence"]
    assert "asyncio is the answer there, as far as it can be told." in found["sentence"]


def test_what_is_slower_by_less_than_is_worth_anything_is_as_good() -> None:
    table = maps.table(lambda place: "asyncio", step=8)
    table.loc[table["strategy"] == "threads", "gain"] *= 2 * 0.97
    table.loc[table["strategy"] == "process_pool", "gain"] *= 2 * 0.9
    spot = position.spots(table)["CPython 3.13.0"][Place(16, 0)]
    assert {"threads", "asyncio"} <= spot.best
    assert "process_pool" not in spot.best


def test_the_rule_of_thumb_is_right_where_the_map_says_the_same() -> None:
    [known] = position.spots(
        maps.table(lambda place: maps.by_the_rule(place).replace("sequential", "threads"), step=1)
    ).values()
    slow, fast, cpu = thumb.tested(known)
    assert fast.right == 1.0
    assert (slow.wrong, slow.wrong_at) == (0.0, ())
    assert 0.4 < slow.right < 1.0  # where no winner can be told, it is neither
    assert cpu.instead == "threads"
    assert 0.9 < cpu.right < 1


def test_where_the_rule_of_thumb_is_wrong_it_says_where_and_what_is_right() -> None:
    [known] = position.spots(maps.table(lambda place: "asyncio", step=1)).values()
    slow, fast, cpu = thumb.tested(known)
    assert (slow.wrong, fast.right, cpu.right) == (0.0, 0.0, 0.0)
    assert (fast.wrong, cpu.wrong) == (1.0, 1.0)
    assert fast.instead == cpu.instead == "asyncio"
    assert Place(8, 0) in fast.wrong_at
    assert Place(0, 8) in cpu.wrong_at
