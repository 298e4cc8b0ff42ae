"""Rounds until the answer is precise, by Snakemake's own means."""

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.heavy


def rounds_of(workflow, workload: str) -> int:
    return len(list((workflow.folder / "results" / "rounds" / workload).glob("[0-9]*.csv")))


def test_rounds_are_added_until_the_answer_is_precise_or_the_most_are_done(workflow, small):
    small |= {"precision": 1e-9, "max_rounds": 4, "squares": {"strategies": []}}
    workflow.configure(small)
    assert workflow.scheduled()["precision"] == 1
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    assert rounds_of(workflow, "download") == 4  # nothing is that precise
    assert workflow.scheduled() == {}
    report = workflow.run("--report", "snakemake-report.html")
    assert report.returncode == 0, report.stdout

    before = {file: file.stat().st_mtime_ns for file in (workflow.folder / "results" / "rounds").rglob("[0-9]*.csv")}
    workflow.configure(small | {"max_rounds": 5})
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    assert rounds_of(workflow, "download") == 5
    assert all(file.stat().st_mtime_ns == time for file, time in before.items())  # measured once

    workflow.configure(small | {"max_rounds": 2})
    assert workflow.run().returncode == 0
    timings = pd.read_csv(workflow.folder / "results" / "tables" / "timings.csv")
    assert timings["round"].max() == 2  # no more are asked for now
    assert rounds_of(workflow, "download") == 5


def test_the_tables_of_a_run(finished):
    tables = finished.folder / "results" / "tables"
    timings = pd.read_csv(tables / "timings.csv")
    main = timings[timings["workload"] != "download_fast"]
    assert (main.groupby(["workload", "round"])["control"].sum() == 1).all()
    assert timings["load"].notna().all()
    assert (timings.loc[timings["workload"] == "download", "minimum_s"] > 0).all()
    assert set(timings["workload"]) == {"download", "download_fast", "squares"}
    claims = pd.read_csv(tables / "claims.csv")
    assert set(claims["answer"]) <= {"confirmed", "refuted", "cannot tell here"}
    html = (finished.folder / "results" / "report.html").read_text()
    verdict = json.loads((tables / "verdict.json").read_text())
    for workload in verdict.values():
        assert workload["sentence"] in html
    for claim in claims["claim"]:
        assert claim in html


def test_the_same_data_give_the_same_bytes(finished):
    made = ["tables/summary.csv", "tables/verdict.json", "tables/claims.csv", "report.html"]
    first = {name: (finished.folder / "results" / name).read_bytes() for name in made}
    outcome = finished.run("--forcerun", "collect")
    assert outcome.returncode == 0, outcome.stdout
    assert {name: (finished.folder / "results" / name).read_bytes() for name in made} == first


def test_tables_from_other_machines_and_a_warm_up_round(workflow, small, finished):
    elsewhere = pd.read_csv(finished.folder / "results" / "tables" / "timings.csv").assign(host="elsewhere")
    elsewhere.to_csv(workflow.folder / "elsewhere.csv", index=False)
    before = finished.folder / "results" / "tables" / "timings.csv"
    (workflow.folder / "before.csv").write_bytes(before.read_bytes())  # of a host of the same name
    small |= {"extra_timings": ["elsewhere.csv", "before.csv"], "warm_up": True, "squares": {"strategies": []}}
    workflow.configure(small)
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    summary = pd.read_csv(workflow.folder / "results" / "tables" / "summary.csv")
    here, *others = dict.fromkeys(pd.read_csv(workflow.folder / "results" / "tables" / "timings.csv")["host"])
    assert others == ["elsewhere", f"{here} (before)"]
    rounds = summary[summary["workload"] == "download"].groupby("host")["rounds"].max()
    assert rounds.to_dict() == {here: 1, "elsewhere": 2, f"{here} (before)": 2}
    html = (workflow.folder / "results" / "report.html").read_text()
    assert "<td>elsewhere</td>" in html

    (workflow.folder / "elsewhere.csv").write_text("a,b\n1,2\n")
    outcome = workflow.run()
    assert outcome.returncode == 1
    assert "extra_timings: elsewhere.csv is no timings.csv of this workflow" in outcome.stdout
    assert "Traceback" not in outcome.stdout


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"precision": 0}, "precision: must be more than 0, not 0"),
        ({"precision": "fine"}, "precision: expected a number or null, not 'fine'"),
        ({"precision": 0.05, "rounds": 50}, "max_rounds: must be at least rounds (50)"),
        ({"robust": True}, "robust: needs at least 15 rounds"),
        ({"warm_up": True, "rounds": 1}, "warm_up: leaves no round to count"),
        ({"extra_timings": ["nowhere.csv"]}, "extra_timings: there is no file nowhere.csv"),
    ],
)
def test_what_cannot_be_run_is_one_clear_line(workflow, small, keys, said):
    workflow.configure(small | keys)
    outcome = workflow.run("-n")
    assert outcome.returncode != 0
    assert said in outcome.stdout
    assert "Traceback" not in outcome.stdout
