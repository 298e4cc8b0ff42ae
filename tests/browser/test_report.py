"""The report in a real browser: complete without scripts or network, readable at both sizes, usable by all."""

import json
import shutil

import pandas as pd
import pytest

from concurrency.deciding import claims, scaling
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.showing import comparison, cost, report, style, workers
from concurrency.showing import map as map_
from helpers import maps
from helpers.campaigns import campaign

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
CODE = '"""A script."""\n\nITEMS = ["http://x/<b>"]\n'
LIES = "Downloads: an item waits 80 ms and computes 2 ms, one by one."
EVIL = "http://x/<script>alert(1)</script>"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt-get install chromium)")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A report of both workloads, with failures, a tie, and a URL that would like to be a script."""
    folder = tmp_path_factory.mktemp("report")
    arms = {
        "download": [("asyncio", 15), ("threads", 15), ("sequential", 1)],
        "squares": [("process_pool", 2), ("sequential", 1)],
    }
    timings = pd.concat(
        [
            *(campaign(workload, chosen, rounds=10) for workload, chosen in arms.items()),
            campaign("download", [("curl_multi", 15)], rounds=10, error=f"GET {EVIL} failed"),
        ]
    )
    summary = summarise(timings)
    drawn = []
    for workload in arms:
        for plot in (comparison, workers, cost):
            drawn.append(folder / f"{workload}_{plot.__name__.rpartition('.')[2]}.svg")
            style.save(plot.draw(timings, summary, workload, verdict(timings, summary)[workload]), drawn[-1])
    table = maps.table()
    style.save(map_.draw(table), folder / "map.svg")
    (folder / "map.txt").write_text(map_.text(table))
    code = folder / "download.py"
    code.write_text(CODE)
    html = report.render(
        timings=timings,
        summary=summary,
        scaling=scaling.fit(timings),
        verdict=json.loads(json.dumps(verdict(timings, summary))),
        claims=claims.examine(timings),
        plots=drawn,
        explanations=[],
        environment={"Python": "3.13", "Host": EVIL},
        config={"sites": [EVIL]},
        left_out={"squares": {"ray": "not installed: pip install ray"}},
        recommended={"download": code},
        mapped=(folder / "map.svg", [LIES]),
    )
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
def opened(browser, page_file):
    """Opens the report, and fails on anything in the console or any request but that for the file itself."""
    seen = []

    def open_page(**options):
        page = browser.new_context(**options).new_page()
        page.on("console", lambda message: seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: seen.append(f"error: {error}"))
        page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
        page.on(
            "request",
            lambda request: seen.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
        )
        page.goto(page_file.as_uri())
        return page

    yield open_page
    assert seen == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_answer_is_on_the_first_screen(opened, size, scripts):
    page = opened(viewport=size, java_script_enabled=scripts)
    for workload in ("download", "squares"):
        box = page.locator(f"#answer-{workload}").bounding_box()
        assert box["y"] + box["height"] <= size["height"]
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert "faster than one by one" in page.locator(f"#answer-{workload}").inner_text()
    assert page.locator("svg").count() == 7
    assert page.locator("table.sortable tbody tr").count() == 6


def test_nothing_is_wider_than_a_phone(opened):
    page = opened(viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_tables_sort_by_what_their_cells_mean(opened):
    page = opened(viewport=WIDE)
    table = page.locator("#arms-download")
    column = table.locator("thead th").all_inner_texts().index("median, s")
    for direction in ("ascending", "descending"):
        table.locator("thead th").nth(column).locator("button").click()
        assert table.locator("thead th").nth(column).get_attribute("aria-sort") == direction
        cells = table.locator(f"tbody tr > :nth-child({column + 1})").all_inner_texts()
        values = [float(cell) for cell in cells if cell != "–"]
        assert values == sorted(values, reverse=direction == "descending")
        assert cells[-1] == "–"  # what failed has no time and stands last either way


def test_one_workload_alone_and_a_picture_enlarged(opened):
    page = opened(viewport=WIDE)
    pictures = page.locator(".picture:visible")
    whole, width = pictures.count(), pictures.first.locator("svg").bounding_box()["width"]
    page.get_by_role("button", name="Sums of squares").click()
    assert pictures.count() == (whole - 1) / 2 + 1  # the map is of all
    assert page.locator("#arms-squares").is_visible()
    assert not page.locator("#arms-download").is_visible()
    page.get_by_role("button", name="all").click()
    assert pictures.count() == whole
    pictures.first.focus()
    page.keyboard.press("Enter")
    assert pictures.first.locator("svg").bounding_box()["width"] > 1.5 * width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_serious(opened, size, scheme):
    page = opened(viewport=size, color_scheme=scheme)
    found = [one for one in axe.Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_what_comes_from_outside_stays_text(opened):
    page = opened(viewport=WIDE)
    assert EVIL in page.locator("main").inner_text()
    assert page.locator("main script").count() == 0


def test_pictures_say_what_they_show(opened):
    page = opened(viewport=WIDE)
    labels = [svg.get_attribute("aria-label") for svg in page.locator("svg").all()]
    assert all(len(label) > 20 for label in labels)
    assert len({svg.get_attribute("id") for svg in page.locator("svg [id]").all()}) == page.locator("svg [id]").count()


def test_the_winner_as_code_is_there_to_copy(opened, browser):
    page = opened(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    page.locator("details.code summary").click()
    assert page.locator("details.code pre").inner_text() == CODE
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == CODE


def test_where_the_works_lie_is_said_beside_the_map(opened):
    page = opened(viewport=WIDE)
    assert page.locator("h2#map").inner_text() == "Where your work lies"
    assert page.locator("h2#map ~ ul").first.inner_text() == LIES
    picture = page.locator("h2#map ~ figure").first
    assert "is right on" in picture.locator("figcaption").inner_text()
    assert page.locator("nav a[href='#map']").is_visible()


def test_the_code_is_there_without_scripts(opened):
    page = opened(viewport=WIDE, java_script_enabled=False)
    page.locator("details.code summary").click()
    assert page.locator("details.code pre").inner_text() == CODE
    assert page.get_by_role("button", name="Copy").count() == 0


def test_failures_and_what_could_not_run_are_told(opened):
    text = opened(viewport=WIDE).locator("main").inner_text()
    assert "curl_multi with 15 in flight" in text
    assert "ray: not installed: pip install ray" in text
