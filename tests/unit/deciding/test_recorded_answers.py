"""What one recording leaves open: in the intervals, in the rounds that are asked for, and in words."""

import numpy as np
import pandas as pd
import pytest

from concurrency.deciding import claims, recording
from concurrency.deciding.blocks import blocks
from concurrency.deciding.estimates import half_width, scatter
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import noted, verdict
from concurrency.workloads.download.path.manners import Manners
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, THREADS, answer, around, table

TIMES = {ONE_BY_ONE: around(1.5), THREADS: around(0.2, seed=1), ASYNCIO: around(0.15, seed=2)}


def left_open(times=TIMES, **sds):
    """`times` as replayed from a recording that leaves each strategy's speed-up open by so much."""
    timings = table(times)
    timings["recording_sd"] = timings["strategy"].map({"sequential": 0.0} | sds).astype("Float64")
    return timings


def width(arm):
    return float(np.log(arm["speedup_high"] / arm["speedup_low"]))


def test_what_a_recording_leaves_open_widens_the_intervals_and_rounds_do_not_narrow_that():
    plain = summarise(table(TIMES)).set_index("strategy")
    wide = summarise(left_open(threads=0.05, asyncio=0.05)).set_index("strategy")
    assert width(wide.loc["asyncio"]) > 2 * 1.96 * 0.05 > 5 * width(plain.loc["asyncio"])
    assert wide.loc["asyncio", "speedup"] == plain.loc["asyncio", "speedup"]
    many = {arm: around(times[0], 40, seed=i) for i, (arm, times) in enumerate(TIMES.items())}
    more = summarise(left_open(many, threads=0.05, asyncio=0.05)).set_index("strategy")
    assert width(more.loc["asyncio"]) > 2 * 1.96 * 0.05


def test_arms_that_one_recording_moves_alike_are_told_apart_as_before():
    alike = summarise(left_open(threads=0.3, asyncio=0.3)).set_index("strategy")
    assert alike["best"].to_dict() == {"asyncio": True, "threads": False, "sequential": False}
    assert alike.loc["threads", "versus_best_high"] == summarise(table(TIMES)).loc[1, "versus_best_high"]
    apart = summarise(left_open(threads=0.0, asyncio=0.3)).set_index("strategy")
    assert apart.loc["threads", "best"]


def test_arms_with_gaps_and_claims_know_it_too():
    gaps = TIMES | {ASYNCIO: [*around(0.15, 9, seed=2), None]}
    assert width(summarise(left_open(gaps, threads=0.0, asyncio=0.2)).set_index("strategy").loc["asyncio"]) > 0.8
    answers = [
        claims.examine(timings).set_index("claim").loc["I/O-bound and slow: asyncio", "answer"]
        for timings in (table(TIMES), left_open(threads=0.0, asyncio=0.3))
    ]
    assert answers == ["confirmed", "cannot tell here"]


def test_where_nothing_is_left_open_nothing_changes():
    none, zero = table(TIMES), left_open(threads=0.0, asyncio=0.0)
    assert none["recording_sd"].isna().all()
    pd.testing.assert_frame_equal(summarise(none), summarise(zero), check_exact=True)
    assert answer(none) == answer(zero)


def test_no_precision_asks_for_rounds_in_vain():
    wide = left_open(threads=0.2, asyncio=0.2)
    assert half_width(wide, "download") == half_width(table(TIMES), "download") < 0.02
    assert "More rounds would hardly narrow the interval" in answer(wide)["sentence"]
    assert "More rounds" not in answer(left_open(threads=0.0005, asyncio=0.0005))["sentence"]


def test_drawn_latencies_do_not_make_the_machine_noisy():
    drawn = np.random.default_rng(1).normal(0, 0.4, 10)  # moves the slowest page, which asyncio waits for
    times = {ONE_BY_ONE: around(1.5), ASYNCIO: list(0.15 * np.exp(drawn + np.log(around(1.0, seed=2))))}
    timings = table(times)
    assert answer(timings)["noise"] == "noisy"
    timings["minimum_s"] = [1.4] * 10 + list(0.14 * np.exp(drawn))
    assert answer(timings)["noise"] == "quiet"
    bound_by_cpu = table({ONE_BY_ONE: around(1.5), ASYNCIO: around(0.15, seed=2)})  # whatever was drawn
    bound_by_cpu["minimum_s"] = timings["minimum_s"]
    assert answer(bound_by_cpu)["noise"] == "quiet"
    [block] = blocks(table({ONE_BY_ONE: around(1.5, noise=0.3), ASYNCIO: around(0.1)}, minimum_s=0.1), robust=False)
    assert scatter(block) > 0.1


def test_the_recommended_arm_is_beyond_what_was_measured():
    found = answer(table(TIMES, known_in_flight=3))
    assert found["sentence"].startswith("If the servers keep up, asyncio with 15 in flight: 9.99× as fast")
    assert "Nothing was measured beyond 3 in flight (download.live.probe: true measures up to 16)." in found["sentence"]
    assert "Beware" not in found["sentence"]
    flags = summarise(table(TIMES, known_in_flight=3)).set_index("strategy")["flags"]
    assert flags.to_dict() == {"sequential": ""} | dict.fromkeys(
        ["asyncio", "threads"], "nothing was measured beyond 3 in flight"
    )
    assert answer(table(TIMES, known_in_flight=15)) == answer(table(TIMES))


def test_other_arms_are_beyond_what_was_measured():
    times = {ONE_BY_ONE: around(1.5), ("asyncio", 2): around(0.1, seed=3), THREADS: around(0.2, seed=1)}
    found = answer(table(times, known_in_flight=2))
    assert found["sentence"].startswith("asyncio with 2 in flight: 15")
    assert found["sentence"].endswith(
        "Nothing was measured beyond 2 in flight (download.live.probe: true measures up to 16), so what threads with "
        "15 in flight would take is a guess."
    )
    times[("asyncio", 64)] = around(0.3, seed=4)
    assert "(download.live.probe" not in answer(table(times, known_in_flight=16))["sentence"]  # no probe goes further


def test_flags_of_another_kind_still_warn():
    found = answer(table(TIMES, known_in_flight=3, minimum_s=0.16))
    assert "Beware: 10 of 10 samples took less than the least possible 0.16 s." in found["sentence"]


HOST = {"slots": None, "http": "1.1", "in_flight": 3}
PATH = {"mbit_per_s": 50.0, "probed": True, "unsteady": 0.05, "hosts": {"https://a.test": HOST}}


@pytest.mark.parametrize(
    ("path", "check", "said"),
    [
        ({}, {}, []),
        (PATH, {}, []),
        (PATH | {"unsteady": None}, {}, []),
        (PATH | {"unsteady": 0.3}, {}, ["The path is unsteady: times varied by 30 % within the recording."]),
        (
            PATH | {"rate_known": False, "mbit_per_s": None},
            {},
            ["The link's rate is not known, so that none was played."],
        ),
        (
            PATH | {"hosts": {"https://a.test": HOST | {"slots": 4, "http": "2"}}},
            {},
            [
                "The server works on 4 requests at once.",
                "The server offers HTTP/2, which of all strategies only httpx_async, niquests and curl_multi use; "
                "others were compared over HTTP/1.1.",
            ],
        ),
        (
            PATH | {"hosts": {f"https://{host}.test": HOST | {"slots": slots} for host, slots in (("a", 4), ("b", 8))}},
            {},
            ["a.test works on 4 and b.test works on 8 requests at once."],
        ),
        (PATH, {"one_by_one": {"real_s": 1.0, "replayed_s": 1.05}, "polite": {"real_s": 1.0, "replayed_s": 0.92}}, []),
        (
            PATH,
            {"one_by_one": {"real_s": 4.0, "replayed_s": 3.0}, "polite": {"real_s": 1.0, "replayed_s": 1.0}},
            [
                "The replay is off by more than 10 %: the pages one by one take 3 s in the replay, and really took 4 s "
                "(perhaps the pages shared a link)."
            ],
        ),
        (
            PATH,
            {"one_by_one": {"real_s": 4.0, "replayed_s": 3.0}, "polite": {"real_s": 4.2, "replayed_s": 3.1}},
            [
                "The replay is off by more than 10 %: the pages one by one take 3 s in the replay, and really took 4 "
                "s; the pages as they were downloaded take 3.1 s in the replay, and really took 4.2 s (perhaps the "
                "server had to warm up)."
            ],
        ),
        (
            PATH,
            {"polite": {"real_s": 2.0, "replayed_s": 3.0}},
            [
                "The replay is off by more than 10 %: the pages as they were downloaded take 3 s in the replay, and "
                "really took 2 s (perhaps a cache answered some)."
            ],
        ),
    ],
)
def test_notes(path, check, said):
    assert list(recording.notes(path, check)) == said


@pytest.mark.parametrize(
    ("manners", "in_flight", "kept", "said"),
    [
        (
            Manners(3, 5.0),
            3,
            None,
            "With 3 in flight and 5 requests/s to one host, as `live` has it, the download takes at least 3.00 s for "
            "these pages; 3 in flight are enough for that.",
        ),
        (
            Manners(1, 1, {"a.test": 10.0, "b.test": 0.5}),
            1,
            None,
            "With 1 in flight and 1 request/s to one host, as `live` has it, and a crawl-delay of 10 s, the download "
            "takes at least 3.00 s for these pages; 1 in flight is enough for that.",
        ),
        (
            Manners(3, 0.5, {"a.test": 1.0}),
            3,
            4,
            "With 3 in flight and 0.5 requests/s to one host, as `live` has it, 4 in flight take no longer.",
        ),
        (
            Manners(3, 5),
            3,
            1,
            "With 3 in flight and 5 requests/s to one host, as `live` has it, 1 in flight takes no longer.",
        ),
    ],
)
def test_what_manners_leave(manners, in_flight, kept, said):
    assert recording.polite(manners, 3.0, in_flight, kept) == said


@pytest.mark.parametrize(
    ("arms", "error", "said"),
    [
        (
            [("one by one", [4.0, 4.2], 3.9), ("asyncio with 15 in flight", [0.61, 0.59], 0.6)],
            "",
            "For real: one by one 4 and 4.2 s, replayed 3.9 s; asyncio with 15 in flight 0.61 and 0.59 s, replayed "
            "0.6 s: 6.83× as fast, replayed 6.50×.",
        ),
        (
            [("one by one", [4.0, 4.2], None), ("asyncio with 15 in flight", [0.61, 0.59], 0.6)],
            "",
            "For real: one by one 4 and 4.2 s, failed in the replay; asyncio with 15 in flight 0.61 and 0.59 s, "
            "replayed 0.6 s: 6.83× as fast.",
        ),
        ([("one by one", [4.0, 4.2], 3.9)], "", "For real: one by one 4 and 4.2 s, replayed 3.9 s."),
        (
            [("one by one", [4.0], 3.9), ("asyncio with 15 in flight", [], 0.6)],
            "asyncio with 15 in flight: http://a.test/: status 429",
            "Not verified: asyncio with 15 in flight: http://a.test/: status 429.",
        ),
    ],
)
def test_what_was_verified(arms, error, said):
    keys = ("name", "real_s", "replayed_s")
    assert recording.verified({"arms": [dict(zip(keys, arm, strict=True)) for arm in arms], "error": error}) == said


def test_notes_end_the_sentence_of_their_workload():
    timings = table(TIMES)
    found = verdict(timings, summarise(timings), notes={"download": ["It rained.", "It snowed."], "squares": ["Sun."]})
    assert found["download"]["sentence"] == f"{answer(timings)['sentence']} It rained. It snowed."
    assert found["download"]["notes"] == found["download"]["warnings"] == ["It rained.", "It snowed."]
    assert list(found) == ["download"]
    more = noted(found["download"], ["It hailed."])
    assert more["sentence"].endswith(" It rained. It snowed. It hailed.")
    assert more["notes"] == ["It rained.", "It snowed.", "It hailed."]
    assert noted(more, []) == more


def test_notes_are_those_of_the_first_of_several_hosts():
    timings = pd.concat([table(TIMES), table(TIMES, host="elsewhere")])
    found = verdict(timings, summarise(timings), notes={"download": ["It rained."]})["download"]
    assert {host: one["warnings"] for host, one in found["hosts"].items()} == {"here": ["It rained."], "elsewhere": []}
    assert found["hosts"]["here"]["sentence"].endswith(" It rained.")
