"""Works of two users, whose files and functions have the same names, beside downloads and squares, in one report."""

import json
import re

import pandas as pd
import pytest

ANNS = """
from helper import FACTOR

class Answer:
    def __init__(self, n):
        self.n = n

def work(n):
    return FACTOR * n

def made(n):
    return Answer(n)
"""
BENS = ANNS.replace("FACTOR * n", "-FACTOR * n")


@pytest.fixture
def done(workflow, small):
    for name, text, factor in (("ann", ANNS, 10), ("ben", BENS, 1000)):
        folder = workflow.folder / name
        folder.mkdir()
        (folder / "work.py").write_text(text)
        (folder / "helper.py").write_text(f"FACTOR = {factor}\n")
    arms = ["sequential", {"process_pool": {"workers": 2}}]
    small["works"] = {
        "anns": {"function": "ann/work.py:work", "items": [1, 2, 3], "strategies": arms},
        "bens": {"function": "ben/work.py:work", "items": [1, 2, 3], "strategies": arms},
        "made": {"function": "ann/work.py:made", "items": [], "strategies": arms},
    }
    workflow.configure(small)
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    return workflow.folder / "results"


@pytest.mark.heavy
def test_one_report_of_all(done):
    assert [json.loads(line)["result"] for line in open(done / "anns/results.jsonl")] == [10, 20, 30]
    assert [json.loads(line)["result"] for line in open(done / "bens/results.jsonl")] == [-1000, -2000, -3000]
    assert not (done / "made").exists()  # its list is empty
    timings = pd.read_csv(done / "tables/timings.csv")
    assert set(timings["workload"]) == {"download", "download_fast", "squares", "anns", "bens"}
    assert (timings["failed"] == 0).all()
    html = (done / "report.html").read_text()
    for answer in json.loads((done / "tables/verdict.json").read_text()).values():
        assert answer["sentence"] in re.sub(r"\s+", " ", html)
