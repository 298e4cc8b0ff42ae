"""Timelines: consistent traces, and their pictures."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from concurrency import notes
from concurrency.measuring import sampling, tracing
from concurrency.showing import style
from concurrency.showing.timeline import page, reading, still, words
from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site
from helpers.drawing import drawn_texts, overlaps
from helpers.workloads import strategies
from helpers.workloads import workload as of_name

SITES = [Site(f"http://h{i % 2}.test/{i}", wire_bytes=20_000, latency_ms=20, connect_ms=10) for i in range(6)]
MBIT_PER_S = 20
NUMBERS = [50_000, 60_000, 70_000, 80_000]
ARMS = {
    "download": [("sequential", 1, {}), ("threads", 3, {}), ("asyncio", 3, {}), ("process_pool", 2, {})],
    "squares": [
        ("sequential", 1, {}),
        ("threads", 2, {}),
        ("process_pool", 2, {"chunksize": 2}),
        ("multiprocessing_pool", 2, {"method": "map", "chunksize": 2}),
        ("process_pool_ranges", 2, {"pieces": 4}),
    ],
}


def run(workload, strategy, workers, options, items, trace):
    chosen = strategies(workload)[strategy]
    measured, answers = sampling.run_sample(
        of_name(workload, items), chosen, workers, chosen.defaults | options, items, sampling.Conditions(), notes=trace
    )
    notes.note(trace, what="arm", shares=chosen.shares, rank=chosen.rank, gil=measured["gil"])
    return answers


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    """A trace of each workload."""
    folder = tmp_path_factory.mktemp("traces")
    made = {}
    for workload, arms in ARMS.items():
        files = {}
        for strategy, workers, options in arms:
            file = folder / f"{workload}-{strategy}.jsonl"
            if workload == "download":
                with replay.serve(SITES, 1, MBIT_PER_S, trace=str(file)) as urls:
                    run(workload, strategy, workers, options, urls, str(file))
            else:
                run(workload, strategy, workers, options, NUMBERS, str(file))
            files["one by one" if strategy == "sequential" else strategy] = file  # as the rule names it
        made[workload] = tracing.chrome_trace(files)
    return made


def bars(trace):
    """The complete events of each (arm, lane), in time order, but those within others; lane 0: set-up, work."""
    complete = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    workers = {(event["pid"], event["tid"]) for event in complete if "item" in event.get("args", {})}
    events = sorted(
        (one for one in complete if one.get("cat") != "core" or (one["pid"], one["tid"]) not in workers),
        key=lambda event: event["ts"],
    )
    key = lambda event: (event["pid"], event["tid"])  # noqa: E731
    return {lane: list(own) for lane, own in itertools.groupby(sorted(events, key=key), key)}


def figures(trace):
    """The table, by arm and column."""
    columns, rows = words.table(trace)
    titles = [title for title, _ in columns]
    return {row[0]: dict(zip(titles, row, strict=True)) for row in rows}


@pytest.mark.parametrize("workload", ARMS)
def test_bars_of_a_lane_never_overlap(traces, workload):
    for lane in bars(traces[workload]).values():
        for one, following in itertools.pairwise(lane):
            assert one["ts"] + one["dur"] <= following["ts"] + 0.2  # rounded to tenths of a microsecond


@pytest.mark.parametrize("workload", ARMS)
def test_every_arm_and_item_is_there_with_names(traces, workload):
    events = traces[workload]["traceEvents"]
    processes = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    assert list(processes.values()) == ["one by one", *(strategy for strategy, _, _ in ARMS[workload][1:])]
    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    assert {lane for lane in bars(traces[workload]) if lane[1]} == named
    for pid, strategy in processes.items():
        items = {
            json.dumps(event["args"]["item"])
            for event in events
            if event["pid"] == pid and "item" in event.get("args", {})
        }
        assert len(items) == (6 if workload == "download" else 10 if strategy == "process_pool_ranges" else 4)


def test_states_of_a_page_follow_each_other_and_fill_its_time(traces):
    events = [
        event for event in traces["download"]["traceEvents"] if event["ph"] == "X" and "item" in event.get("args", {})
    ]
    for _, own in itertools.groupby(events, key=lambda event: (event["pid"], event["args"]["item"])):
        states = list(own)
        names = [state["name"] for state in states]
        first = names.index("waiting for the first byte")
        assert names[first + 1 :: 2] == ["receiving"] * len(names[first + 1 :: 2])
        assert set(names[first + 2 :: 2]) <= {"waiting for acknowledgements"}
        lasted = states[-1]["ts"] + states[-1]["dur"] - states[0]["ts"]
        assert sum(state["dur"] for state in states) == pytest.approx(lasted, abs=1)
        assert states[first]["dur"] >= 20_000 - 1


@pytest.mark.parametrize("workload", ARMS)
def test_every_item_is_queued_until_its_first_state(traces, workload):
    events = traces[workload]["traceEvents"]
    for pid in {event["pid"] for event in events}:
        bars_of_arm = [
            event for event in events if event["pid"] == pid and event["ph"] == "X" and "item" in event.get("args", {})
        ]
        first = {}
        for bar in sorted(bars_of_arm, key=lambda event: event["ts"]):
            first.setdefault(json.dumps(bar["args"]["item"]), bar["ts"])
        queued = {event["id"]: event for event in events if event["pid"] == pid and event["ph"] == "b"}
        begun = {event["id"]: event["ts"] for event in events if event["pid"] == pid and event["ph"] == "e"}
        assert {json.dumps(event["args"]["item"]): begun[i] for i, event in queued.items()} == first


def test_slow_start_and_the_link_are_seen(traces):
    events = traces["download"]["traceEvents"]
    [pid] = [event["pid"] for event in events if event.get("args", {}).get("name") == "one by one"]
    own = [event for event in events if event["pid"] == pid]
    assert sum(event["name"] == "waiting for acknowledgements" for event in own) >= 1  # 20 kB are more than a window
    [link] = [event["tid"] for event in own if event.get("args", {}).get("name") == "the link"]
    carried = [event for event in own if event["ph"] == "X" and event["tid"] == link]
    assert sum(event["args"]["bytes"] for event in carried) >= 6 * 20_000
    assert sum(event["dur"] for event in carried) >= 0.99 * 1e6 * 6 * 20_000 / (MBIT_PER_S * 1e6 / 8)
    said = figures({"traceEvents": own})["one by one"]
    assert float(said["link busy"].removesuffix(" %")) > 0
    assert said["lanes"] == "2"  # connections to two hosts


def test_a_link_without_a_limit_is_not_seen(tmp_path):
    file = tmp_path / "notes.jsonl"
    with replay.serve(SITES, 1, trace=str(file)) as urls:
        run("download", "sequential", 1, {}, urls, str(file))
    trace = tracing.chrome_trace({"sequential": file})
    assert "the link" not in json.dumps(trace)
    assert "link busy" not in figures(trace)["sequential"]


def test_without_any_trace_that_is_said():
    nothing = tracing.chrome_trace({})
    assert words.describe(nothing) == still.draw(nothing, "squares").texts[0].get_text()
    assert words.table(nothing).rows == page.data(nothing)["arms"] == []


def test_computing_is_compared_with_one_by_one_only(traces):
    column = "computing, × one by one"
    found = figures(traces["squares"])
    assert found["one by one"][column] == "–"
    assert float(found["threads"][column]) > 0
    others = [event for event in traces["squares"]["traceEvents"] if event["pid"] != 1]
    assert column not in figures({"traceEvents": others})["threads"]


def test_workers_are_seen_to_start(traces):
    events = traces["squares"]["traceEvents"]
    names = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    started = [names[event["pid"]] for event in events if event["name"] == "worker started"]
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells when a process was started")
    assert 1 <= started.count("process_pool") <= 2  # one whose work the other did is not seen
    assert started.count("one by one") == started.count("threads") == 0


def test_the_event_loop_was_watched(traces):
    events = traces["download"]["traceEvents"]
    [pid] = [event["pid"] for event in events if event["name"] == "process_name" and event["args"]["name"] == "asyncio"]
    counts = [event["args"] for event in events if event["ph"] == "C" and event["pid"] == pid]
    assert max(count["waiting"] for count in counts) >= 3
    assert any(count["ready"] >= 1 for count in counts)
    assert "loop busy" in figures(traces["download"])["asyncio"]
    assert figures(traces["download"])["threads"]["loop busy"] == "–"


def test_chunks_are_seen_on_their_way_to_the_workers(traces):
    events = traces["squares"]["traceEvents"]
    names = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    sent = [names[event["pid"]] for event in events if event["name"] == "sent to a worker"]
    assert sent.count("process_pool") == sent.count("multiprocessing_pool") == 2  # 4 numbers, 2 in a chunk
    assert sent.count("one by one") == sent.count("threads") == 0


def test_a_timed_sample_does_not_even_import_the_tracer():
    code = "import sys\nimport concurrency.measuring.sample\nassert 'concurrency.measuring.watching' not in sys.modules"
    scripts = Path(tracing.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=scripts).returncode == 0


@pytest.mark.parametrize("width", [style.WIDE, style.NARROW])
@pytest.mark.parametrize("workload", ARMS)
def test_timelines_are_drawn_without_overlaps(traces, workload, width):
    figure = still.draw(traces[workload], workload, width)
    assert not overlaps(figure)
    for text, box in drawn_texts(figure):
        assert text.get_fontsize() >= 8
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
        assert box.y0 >= 0


def test_counts_end_with_the_work(traces):
    """No task is left on the loop, and no item queued."""
    [arm] = [arm for arm in reading.arms(traces["download"]) if arm.name == "asyncio"]
    assert (arm.tasks[-1].ready, arm.tasks[-1].waiting) == (0, 0)
    assert len(arm.begun) == len(SITES)
    assert max(arm.begun) < arm.work_s


@pytest.mark.parametrize("workload", ARMS)
def test_a_page_gets_all_of_it_in_columns(traces, workload):
    found = json.loads(page.as_json(page.data(traces[workload])))
    for told, arm in zip(found["arms"], reading.arms(traces[workload]), strict=True):
        assert told["name"] == arm.name
        for lane, own in zip(told["lanes"], arm.lanes, strict=True):
            for key, bars in (("bars", own.bars), ("core", own.on_core)):
                columns = lane.get(key, {"at": [], "for": []})
                begins = list(itertools.accumulate(columns["at"]))
                assert begins == [round(bar.begin * 1e6) for bar in bars]
                ends = [begin + lasted for begin, lasted in zip(begins, columns["for"], strict=True)]
                assert ends == [round(bar.end * 1e6) for bar in bars]


@pytest.mark.parametrize("workload", ARMS)
def test_a_trace_is_one_that_perfetto_opens(traces, workload):
    """Bars of a lane lie apart or one within the other, and each has what its phase needs."""
    by_lane = {}
    for event in traces[workload]["traceEvents"]:
        assert {"ph", "name", "pid", "tid"} <= event.keys()
        assert ("ts" in event) == (event["ph"] != "M")
        if event["ph"] == "X":
            by_lane.setdefault((event["pid"], event["tid"]), []).append((event["ts"], -event["dur"]))
    for own in by_lane.values():
        open_until = []
        for begin, lasted in sorted(own):
            while open_until and open_until[-1] <= begin + 1e-6:
                open_until.pop()
            assert not open_until or begin - lasted <= open_until[-1] + 0.05 or begin == lasted == 0
            open_until.append(begin - lasted)
