"""Timelines of notes whose times are known: who was on a core, what its arms share, and what is drawn of that."""

import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import PathPatch

from concurrency.measuring import tracing
from concurrency.showing.timeline import reading, still, words
from concurrency.showing.timeline.states import RUNS, STATES
from helpers import timelines
from helpers.drawing import drawn_texts


def figures(trace):
    """The table, by arm and column."""
    columns, rows = words.table(trace)
    titles = [title for title, _ in columns]
    return {row[0]: dict(zip(titles, row, strict=True)) for row in rows}


@pytest.fixture
def made(tmp_path):
    """Four items in every way, at known times."""
    return timelines.trace(tmp_path)


def on_core(trace, arm):
    """(state, begin, end) of each lane, in milliseconds."""
    [found] = [one for one in reading.arms(trace) if one.name == arm]
    return [[(bar.state, round(bar.begin * 1e3), round(bar.end * 1e3)) for bar in lane.on_core] for lane in found.lanes]


def test_threads_under_the_gil_wait_for_it_in_turn(made):
    first, second = on_core(made, "threads with 2 workers")
    turns = [
        ("on a core", 5 * i, 5 * i + 5) if i % 2 == 0 else (tracing.WAITS_FOR_GIL, 5 * i, 5 * i + 5) for i in range(8)
    ]
    assert first == turns
    assert [(begin, end) for state, begin, end in second if state == "on a core"] == [
        (5, 10),
        (15, 20),
        (25, 30),
        (35, 40),
    ]


def test_how_many_were_on_a_core_at_once_is_told(made):
    found = figures(made)
    assert found["threads with 2 workers"]["two or more at once"] == "0 %"
    assert found["threads with 2 workers"]["waiting for the GIL"] == "50 %"
    assert found["process_pool with 2 workers"]["two or more at once"] == "100 %"
    assert found["process_pool with 2 workers"]["waiting for the GIL"] == "–"
    assert "0 % of the time as threads under the GIL, 100 % as processes" in words.describe(made)


def test_what_its_workers_share_is_known_of_each_arm(made):
    kinds = {arm.name: arm.kind for arm in reading.arms(made)}
    assert list(kinds.values()) == [
        tracing.ONE_THREAD, tracing.UNDER_GIL, tracing.ONE_LOOP, tracing.PROCESSES, tracing.PROCESSES,
    ]  # fmt: skip


def test_of_many_arms_the_still_picture_says_which_it_leaves_out(made):
    said = " ".join(text.get_text() for text, _ in drawn_texts(still.draw(made, "squares")))
    assert "Not drawn, as others are of their kind: process_pool with 1 worker." in said
    assert "one by one: 0.20 s, of which the first 0.04 s are drawn" in said


def test_nothing_is_thinner_than_a_pixel(made):
    """The loop runs for a microsecond in each millisecond."""
    figure = still.draw(made, "squares")
    colour = to_rgba(STATES[RUNS].colour)
    [ran] = [one for one in figure.findobj(PathPatch) if one.get_facecolor() == colour]
    figure.canvas.draw()
    points = ran.get_transform().transform_path(ran.get_path()).to_polygons()
    inches = [(box[:, 0].max() - box[:, 0].min()) / figure.dpi for box in points]
    assert len(inches) == 40
    assert min(inches) >= 0.95 / still.PIXELS


def as_if(folder, shares, *lines, core=True):
    """A trace of one arm of which that was noted besides."""
    own = timelines.Notes(shares).turns([(0, 10), (10, 20)])
    own.lines = [line for line in own.lines if core or line["what"] != "thread"] + list(lines)
    return tracing.chrome_trace({"an arm": own.written(folder / "notes.jsonl")})


def done(item, state="working", **more):
    spans = [[state, 0.012, 0.018]]
    return {"what": "computing", "item": item, "lane": "process 100, thread 100", "spans": spans} | more


def test_logins_and_whole_rows_are_in_no_trace(tmp_path):
    row = {"url": "https://u:hunter2@h/1", "text": "x" * 5000}
    items = ["https://u:hunter2@h/2"], [row], [[row, "https://u:hunter2@h/3"]], "https://u:hunter2@h/4"
    trace = as_if(tmp_path, "gil", *map(done, items))
    told = [event["args"]["item"] for event in trace["traceEvents"] if "item" in event.get("args", {})]
    assert "hunter2" not in str(trace)
    assert '"https://***@h/2"' in told
    assert max(map(len, told)) == tracing.LONGEST


def test_names_that_are_no_utf_8_come_into_the_page(tmp_path):
    html = timelines.html({"squares": as_if(tmp_path, "gil", done("photos/caf\udce9.jpg"))}, tmp_path)
    assert "photos/caf\\\\udce9.jpg" in html


def test_equal_items_are_done_one_by_one(tmp_path):
    [arm] = reading.arms(as_if(tmp_path, "gil", done(["same"]), done(["same"]), done([], first=False)))
    assert len(arm.begun) == len(arm.done) == 4


@pytest.mark.parametrize("name", ["process_name", "thread_name", "work", "queued"])
def test_a_coroutine_may_be_called_anything(tmp_path, name):
    ran = {"what": "ran", "name": name, "process": 100, "thread": 100, "begin": 0.001, "end": 0.002}
    [arm] = reading.arms(as_if(tmp_path, "loop", ran | {"before": [1, 1], "after": [0, 2]}))
    assert arm.name == "an arm"
    assert [bar.item for lane in arm.of_role("loop") for bar in lane.bars] == [name]


def test_of_what_may_wait_for_something_else_no_wait_for_the_gil_is_told(tmp_path):
    own = timelines.Notes("gil").turns([(0, 20)], [(0, 20)], takes_turns=True)
    for line in own.lines:
        for span in line.get("spans", []):
            span[0] = "working"
    trace = tracing.chrome_trace({"an arm": own.written(tmp_path / "notes.jsonl")})
    assert tracing.WAITS_FOR_GIL not in figures(trace)["an arm"]
    assert tracing.WAITS_FOR_SOMETHING in {event["name"] for event in trace["traceEvents"]}


@pytest.mark.parametrize("core", [True, False])
def test_what_linux_counts_is_named_only_where_it_did(tmp_path, core):
    html = timelines.html({"squares": as_if(tmp_path, "gil", core=core)}, tmp_path)
    assert ("is what Linux counted" in html) == core
