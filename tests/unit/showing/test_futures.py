"""Futures that live as they must, and their picture."""

import pytest

from concurrency.lessons import futures
from concurrency.showing import style
from concurrency.showing.futures import describe, draw
from helpers.drawing import outside, overlaps


@pytest.fixture(scope="module")
def life():
    return futures.life()


def test_futures_live_as_they_must(life):
    assert list(life["job"]) == list(range(1, 25))
    tried = life[life["cancel_s"].notna()].set_index("job")
    assert tried.loc[futures.CANCEL["pending"], "cancelled"]
    assert not tried.loc[futures.CANCEL["running"], "cancelled"]
    assert not tried.loc[futures.CANCEL["queued"], "cancelled"]
    done = life[life["state"] == "FINISHED"]
    assert len(done) == 23
    assert (done["finished_s"] - done["started_s"] >= futures.SECONDS - 1e-6).all()
    assert (done["submitted_s"] < done["started_s"]).all()
    assert set(done.loc[done["job"] % 2 == 0, "job"]) == set(done.loc[done["callback_s"].notna(), "job"])
    assert (done["callback_thread"].dropna() != "MainThread").all()
    assert done.groupby("worker")["calls"].max().sum() == 23  # each process counts for itself


def test_what_becomes_of_the_others_when_one_task_fails():
    outcomes = futures.when_one_fails().pivot(index="api", columns="task", values="outcome")
    assert list(outcomes[3]) == ["failed"] * 3
    assert set(outcomes.loc["TaskGroup"].drop(3)) == {"cancelled"}
    assert set(outcomes.loc["gather"].drop(3)) == {"left running"}
    assert set(outcomes.loc["gather, return_exceptions"].drop(3)) == {"finished"}


def test_pictures_of_futures(life):
    for width in (style.WIDE, style.NARROW):
        assert not overlaps(draw(life, futures.when_one_fails(), width))
        assert not outside(draw(life, futures.when_one_fails(), width))
    text = describe(life, futures.when_one_fails())
    assert "1 of 3 cancels came in time" in text
    assert "had already put it into the queue" in text
