"""The question that `interpreters` answers, put to real ones: which Python, and which strategy?"""

import json
import platform
import shutil

import pandas as pd
import psutil
import pytest

from helpers.workflows import unwrapped

OTHERS = ["python3.14", "python3.14t"]

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in OTHERS),
        reason=f"needs {' and '.join(OTHERS)} on the PATH: tests/interpreters.sh",
    ),
    pytest.mark.skipif(psutil.cpu_count() < 2, reason="needs two cores"),
]


def test_with_the_gil_and_without_it_and_many_in_one_process(workflow, small):
    pair = {"workers": [2]}
    strategies = ["sequential", {"threads": pair}, {"interpreter_pool": pair}]
    small |= {"interpreters": ["current", *OTHERS], "rounds": 6, "explain": True, "download": {"sites": []}}
    small["squares"] = {"numbers": {"start": 600_000, "count": 16}, "strategies": strategies}
    workflow.configure(small)
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    current = f"CPython {platform.python_version()}"
    results = workflow.folder / "results"
    timings = pd.read_csv(results / "tables" / "timings.csv", keep_default_na=False)
    assert (timings["failed"] == 0).all()

    rounds = timings[~timings["control"]].groupby("round")
    names = timings["interpreter"].unique()
    [with_gil] = [name for name in names if name.startswith("CPython 3.14") and not name.endswith("t")]
    [without] = [name for name in names if name.endswith("t")]
    assert set(names) == {current, with_gil, without}
    ran = {(current, "sequential"), (current, "threads")}
    ran |= {
        (name, strategy) for name in (with_gil, without) for strategy in ("sequential", "threads", "interpreter_pool")
    }
    for _, samples in rounds:  # all arms of all interpreters together
        assert sorted(zip(samples["interpreter"], samples["strategy"], strict=True)) == sorted(ran)
    assert len({tuple(samples.sort_values("position")["interpreter"]) for _, samples in rounds}) > 1
    assert (timings["gil"] == (timings["interpreter"] != without)).all()
    assert (timings["python"].str.contains("free-threading") == (timings["interpreter"] == without)).all()
    assert f"squares: interpreter_pool on {current} is left out: needs Python 3.14" in unwrapped(outcome.stdout)

    summary = pd.read_csv(results / "tables" / "summary.csv").set_index(["interpreter", "strategy"])
    assert summary.loc[(with_gil, "interpreter_pool"), "rounds"] == 6
    told = json.loads((results / "tables" / "verdict.json").read_text())["squares"]
    html = (results / "report.html").read_text()
    assert told["sentence"] in html
    claims = pd.read_csv(results / "tables" / "claims.csv").set_index("claim")
    for claim in (
        "with the GIL, threads do not speed up computing",
        "without the GIL, threads speed up computing by about the cores",
    ):
        for figures in claims.loc[[claim], "figures"]:
            assert figures in html
    assert f"interpreter_pool on {current}: needs Python 3.14" in html
    assert f"4 threads without a GIL ({without}) lost" in html

    free, apart = summary.loc[(without, "threads")], summary.loc[(with_gil, "interpreter_pool")]
    if told["noise"] == "quiet" and apart["speedup_low"] > 1.2:  # as what shares nothing shows, there are two cores
        assert free["speedup_low"] > 1
        assert f"as fast as the fastest one by one, on {told['sequential_interpreter']}" in told["sentence"]
    assert free["speedup_high"] > summary.loc[(with_gil, "threads"), "speedup_low"]
    assert "refuted" not in set(claims.loc["with the GIL, threads do not speed up computing", "answer"])


def test_works_of_ones_own(workflow, small):
    (workflow.folder / "work.py").write_text(
        "from contextlib import contextmanager\n"
        "@contextmanager\ndef opened():\n    yield 7\n"
        "def times(n, seven):\n    return {n * seven}\n"
    )
    small["works"] = {
        "sevens": {"function": "work.py:times", "open": "work.py:opened", "items": [1, 2, 3], "job": "threads"}
    }
    small["works"]["sevens"]["strategies"] = [
        "sequential", *({name: {"workers": 2}} for name in ("threads", "interpreter_pool", "process_pool"))
    ]  # fmt: skip
    small |= {"interpreters": OTHERS, "rounds": 2, "download": {"sites": []}, "squares": {"numbers": []}}
    workflow.configure(small)
    outcome = workflow.run("compare")
    assert outcome.returncode == 0, outcome.stdout
    timings = pd.read_csv(workflow.folder / "results/tables/timings.csv", keep_default_na=False)
    assert set(timings["error"]) == {""}
    assert timings.groupby("interpreter")["strategy"].nunique().tolist() == [4, 4]
