"""`make pictures`: the pictures of README and docs/, drawn as the workflow draws them from the runs kept in docs/data/;
into another folder, if one is given.

Beside them it tells what the page of each run weighs, and how long a browser takes to show it.
"""

import gzip
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from concurrency.deciding import claims, scaling, tables
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.mapping import answers
from concurrency.showing import comparison, cost, report, style, workers
from concurrency.showing import map as map_
from concurrency.showing.timeline import still, words
from concurrency.workloads.known import kind_of

DOCS = Path(__file__).parent
DATA = DOCS / "data"
DRAWN = {"comparison": comparison, "workers": workers, "cost": cost}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def main(folder: Path) -> None:
    if CHROMIUM is None:
        sys.exit("docs/pictures.py: the picture of the report needs Chromium (Debian: apt-get install chromium)")
    timings, found = _read("interpreters")
    style.save(
        partial(workers.draw, timings, summarise(timings), "squares", found["squares"]), folder / "interpreters.png"
    )
    timings, found = _read("default")
    style.save(
        partial(workers.draw, timings, summarise(timings), "download", found["download"]), folder / "workers.png"
    )
    for picture, run in (("timeline", "default"), ("replay", "replay")):
        trace = _trace(DATA / run / "download.json.gz")
        style.save(partial(still.draw, trace, kind_of("download").title), folder / f"{picture}.png")
    located = json.loads((DATA / "map/located.json").read_text(encoding="utf-8"))
    style.save(partial(map_.draw, answers.read(DATA / "map/map.csv"), located), folder / "map.png")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with _report("default") as page:
            _show(browser, page, folder / "report.png")


def _read(run: str) -> tuple[Any, Any]:
    """The timings of a run, and the verdict on them."""
    timings = tables.read_timings([DATA / run / "timings.csv"])
    return timings, verdict(timings, summarise(timings))


def _trace(file: Path) -> Any:
    with gzip.open(file, "rt", encoding="utf-8") as text:
        return json.load(text)


@contextmanager
def _report(run: str) -> Iterator[Path]:
    """The report of a run, in a folder of its own."""
    timings, found = _read(run)
    summary = summarise(timings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plots, timelines, traces = [], [], {}
        for workload in found:
            for plot, module in DRAWN.items():
                if plot == "comparison" or not kind_of(workload).is_fast:
                    plots.append(folder / f"{workload}_{plot}.svg")
                    _save(partial(module.draw, timings, summary, workload, found[workload]), plots[-1])
        for file in sorted((DATA / run).glob("*.json.gz")):
            workload = file.name.partition(".")[0]
            trace = _trace(file)
            traces[workload] = folder / f"{workload}.json"
            traces[workload].write_text(json.dumps(trace), encoding="utf-8")
            timelines.append(folder / f"{workload}_timeline.svg")
            _save(partial(still.draw, trace, kind_of(workload).title), timelines[-1])
            timelines[-1].with_suffix(".txt").write_text(words.describe(trace), encoding="utf-8")
        scripts = {work: folder / f"{work}.py" for work in traces}  # only the links to them are in the picture
        for work, file in scripts.items():
            file.write_text(f'"""{found[work]["sentence"]}"""\n', encoding="utf-8")
        page = folder / "report.html"
        html = report.render(
            timings=timings,
            summary=summary,
            scaling=scaling.fit(timings),
            verdict=found,
            claims=claims.examine(timings),
            plots=plots,
            explanations=timelines,
            environment=json.loads((DATA / run / "environment.json").read_text(encoding="utf-8")),
            config={},
            left_out={},
            traces=traces,
            recommended=scripts,
        )
        page.write_text(html, encoding="utf-8")
        yield page


def _save(draw: Any, file: Path) -> None:
    style.save(draw, file, file.with_stem(f"{file.stem}_narrow"))


def _show(browser: Browser, file: Path, picture: Path) -> None:
    """Take the picture of the beginning of the page in `file`, and tell what it weighs and takes."""
    page = browser.new_page(viewport={"width": 1100, "height": 900}, color_scheme="light")
    page.goto(file.as_uri())
    end = page.locator(".picture:visible").first.bounding_box()
    assert end
    page.screenshot(
        path=picture, full_page=True, clip={"x": 0, "y": 0, "width": 1100, "height": end["y"] + end["height"] + 16}
    )
    took_ms = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    print(f"the report: {file.stat().st_size / 1e6:.1f} MB, shown {took_ms / 1000:.2f} s after it was opened")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
