"""What a finished run leaves in results/."""

import csv
import html
import json
import math
import re

import pandas as pd
import pytest

ARMS = {
    "download": {("sequential", 1), ("asyncio", 4)},
    "squares": {("sequential", 1), ("process_pool", 2)},
}


@pytest.fixture(scope="module")
def timings(finished):
    return pd.read_csv(finished.folder / "results/tables/timings.csv")


def test_every_site_has_its_row_and_every_byte(finished):
    with open(finished.folder / "results/download/pages.csv", encoding="utf-8") as file:
        pages = list(csv.DictReader(file))
    assert [page["url"] for page in pages] == [f"http://site-{i}.test/page" for i in range(4)]
    for page in pages:
        stored = finished.folder / "results/download" / page["file"]
        assert (page["status"], page["error"]) == ("200", "")
        assert int(page["bytes"]) == int(page["wire_bytes"]) == stored.stat().st_size == 60_000


def test_sums_are_exact_and_in_order(finished):
    with open(finished.folder / "results/squares/sums.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["number"]), int(row["sum"])) for row in rows] == [
        (n, sum(i * i for i in range(n))) for n in range(1000, 1004)
    ]


def test_every_arm_ran_once_in_every_round(timings):
    for workload, arms in ARMS.items():
        for number in (1, 2):
            samples = timings[(timings["workload"] == workload) & (timings["round"] == number)]
            control = samples[samples["control"]]
            assert len(control) == 1
            assert sorted(samples["position"]) == list(range(1, len(arms) + 2))
            samples = samples[~samples["control"]]
            ran = list(zip(samples["strategy"], samples["workers"], strict=True))
            assert set(ran) == arms
            assert len(ran) == len(arms)


def test_samples_are_complete(timings):
    assert (timings["failed"] == 0).all()
    assert timings["error"].isna().all()
    assert (timings["work_s"] > 0).all()
    assert (timings["cores"] == 2).all()
    for _, sample in timings.iterrows():
        assert math.isclose(sample["wall_s"], sample["setup_s"] + sample["work_s"], rel_tol=1e-3)
    assert (timings["max_rss_bytes"] > 2**20).all()


def test_verdict_and_summary_agree(finished):
    summary = pd.read_csv(finished.folder / "results/tables/summary.csv")
    verdict = json.loads((finished.folder / "results/tables/verdict.json").read_text())
    assert set(verdict) == {"download", "download_fast", "squares"}
    for workload, arms in ARMS.items():
        rows = summary[summary["workload"] == workload]
        assert set(zip(rows["strategy"], rows["workers"], strict=True)) == arms
        assert verdict[workload]["sentence"]


def test_plots_and_report(finished):
    plots = finished.folder / "results/plots"
    pictures = [f"{workload}_{plot}" for workload in ARMS for plot in ("comparison", "workers", "cost")]
    for picture in [*pictures, "download_fast_comparison"]:
        assert (plots / f"{picture}.svg").read_text().startswith("<?xml")
        assert (plots / f"{picture}_narrow.svg").read_text().startswith("<?xml")
        assert (plots / f"{picture}.png").read_bytes().startswith(b"\x89PNG")
    report = (finished.folder / "results/report.html").read_text(encoding="utf-8")
    verdict = json.loads((finished.folder / "results/tables/verdict.json").read_text())
    text = html.unescape(re.sub("<[^>]*>", "", report))
    for answer in verdict.values():
        assert answer["answer"] in text
        assert answer["sentence"] in html.unescape(report)
    assert len(report) < 3_000_000
