"""The report in a real browser: complete without scripts or network, readable at both sizes and on paper, usable by
all, and its pictures without a fault that geometry shows."""

import re
from pathlib import Path

import pandas as pd
import pytest

from concurrency.showing.glossary import GLOSSARY, anchor
from helpers import reports
from helpers.campaigns import campaign
from helpers.reports import CODE, EVIL, LIES

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

WIDE, PHONE, PAPER = {"width": 1280, "height": 800}, {"width": 390, "height": 844}, {"width": 718, "height": 1000}
REPORTS = {
    "everything": reports.of_everything,
    "several interpreters": reports.of_several_interpreters,
    "many strategies": reports.of_many_strategies,
}
FAULTS, HEADINGS = (
    (Path(reports.__file__).parent / name).read_text(encoding="utf-8") for name in ("pictures.js", "headings.js")
)
EVERY_REPORT = pytest.mark.parametrize("name", REPORTS)
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
WITHOUT_SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Writes a report by its name, once."""
    files = {}

    def write(name):
        if name not in files:
            files[name] = REPORTS[name](tmp_path_factory.mktemp("report"))
        return files[name]

    return write


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The report of both built-in works, and no pictures."""
    arms = {"download": [("asyncio", 15), ("sequential", 1)], "squares": [("process_pool", 2), ("sequential", 1)]}
    timings = pd.concat(campaign(workload, chosen, rounds=10) for workload, chosen in arms.items())
    return reports.write(tmp_path_factory.mktemp("both"), timings, plots={})


@pytest.fixture
def opened(opening, written):
    """Opens a report, by its name or its file."""

    def open_page(report="everything", media="screen", **options):
        return opening(report if isinstance(report, Path) else written(report), media, **options)

    return open_page


@SIZES
@WITHOUT_SCRIPTS
def test_the_answer_is_on_the_first_screen(opened, both, size, scripts):
    page = opened(both, viewport=size, java_script_enabled=scripts)
    for workload in ("download", "squares"):
        box = page.locator(f"#answer-{workload}").bounding_box()
        assert box["y"] + box["height"] <= size["height"]
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert "as fast as one by one" in page.locator(f"#answer-{workload}").inner_text()


@SIZES
@WITHOUT_SCRIPTS
def test_every_picture_and_every_arm_is_there(opened, size, scripts):
    page = opened(viewport=size, java_script_enabled=scripts)
    stills = int(not scripts)  # the timeline, which is there to explore otherwise
    assert page.locator("svg:visible").count() == 3 * 4 + stills + 1 + 3  # of the works, the map, how it works
    assert page.locator("svg").count() == 2 * (3 * 4 + 1 + 1 + 3)  # each for a page and for a phone
    rows = {"download": 4, "squares": 2, "download_fast": 5, "mine": 13}
    assert {work: page.locator(f"#arms-{work} tbody tr").count() for work in rows} == rows


@EVERY_REPORT
@SIZES
@SCHEMES
def test_pictures_have_no_fault(opened, name, size, scheme):
    assert opened(name, viewport=size, color_scheme=scheme).evaluate(FAULTS) == []


@SIZES
def test_pictures_have_no_fault_without_scripts(opened, size):
    assert opened(viewport=size, java_script_enabled=False).evaluate(FAULTS) == []


@EVERY_REPORT
def test_pictures_have_no_fault_on_paper(opened, name):
    page = opened(name, "print", viewport=PAPER)
    assert page.evaluate(FAULTS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]  # or it would be shrunk


DRAWN_FAULTS = {
    "none": ("", []),
    "two texts": (
        '<g><text x="12" y="30">one</text></g><g><text x="20" y="30">two</text></g>', ["“one” overlaps “two”"]
    ),
    "beyond the frame": ('<g><text x="180" y="30">too long</text></g>', ["“too long” is outside of the frame"]),
    "on a line": (
        '<g id="line"><path d="M 0 26 H 200" stroke="#000"/></g><g><text x="12" y="30">on</text></g>',
        ["“on” is on a mark (line)"],
    ),
    "on a thin line": (
        '<g id="line"><path d="M 19.3 0 V 50" stroke="#000" stroke-width="0.7"/></g>'
        '<g><text x="12" y="30">on</text></g>',
        ["“on” is on a mark (line)"],
    ),
    "on a line that is covered": (
        '<path d="M 0 26 H 200" stroke="#000"/><path d="M 0 0 H 99 V 50 H 0 Z" fill="#ddd"/>'
        '<g><text x="12" y="30">on</text></g>',
        [],
    ),
    "pale": ('<g><text x="12" y="30" fill="#999">pale</text></g>', ["“pale” has a contrast of 2.8"]),
    "dark on dark": (
        '<path d="M 0 0 H 99 V 50 H 0 Z" fill="#222"/><g><text x="12" y="30">dark</text></g>',
        ["“dark” has a contrast of 1.3"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("drawn", "faults"), DRAWN_FAULTS.values(), ids=DRAWN_FAULTS)
def test_faults_of_pictures_are_found(browser, drawn, faults):
    page = browser.new_page(viewport=WIDE)
    page.set_content(
        '<body style="background: #fff"><div class="picture"><svg id="svg" width="200" height="100" font-size="14">'
        f'<g id="it">{drawn}<g><text x="20" y="80">fine</text></g></g></svg></div>'
    )
    assert page.evaluate(FAULTS) == [f"it: {fault}" for fault in faults]
    page.close()


def test_a_picture_wider_than_the_page_is_a_fault(browser):
    page = browser.new_page(viewport=PHONE)
    page.set_content('<div class="picture"><svg aria-label="it" width="400" height="9"></svg></div>')
    [fault] = page.evaluate(FAULTS)
    assert "on a page of 390" in fault
    page.close()


@EVERY_REPORT
def test_nothing_but_tables_is_wider_than_a_phone_and_those_scroll(opened, name):
    page = opened(name, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    widths = "boxes => boxes.map(box => [box.getBoundingClientRect().right, box.scrollWidth - box.clientWidth])"
    found = page.locator(".scroll").evaluate_all(widths)
    assert all(right <= PHONE["width"] for right, _ in found)
    assert any(beyond > 0 for _, beyond in found)


@EVERY_REPORT
@SIZES
def test_each_heading_is_followed_by_what_it_is_of(opened, name, size):
    found = opened(name, viewport=size).evaluate(HEADINGS)
    assert [one for one in found if is_empty(one)] == []


def is_empty(one):
    """Whether nothing follows a heading but another of the same level, or a higher one."""
    levels = ["nothing", "H1", "H2", "H3", "DT"]
    return one["next"] in levels and levels.index(one["next"]) <= levels.index(one["level"])


def test_no_heading_is_left_over_when_one_work_is_shown(opened):
    page = opened(viewport=WIDE)
    for button in page.locator(".switch button").all():
        button.click()
        assert [one for one in page.evaluate(HEADINGS) if is_empty(one)] == []
    assert page.locator(".switch button").count() == 5


@EVERY_REPORT
def test_no_sheet_of_paper_ends_with_a_heading(opened, name):
    page = opened(name, "print")
    found = page.evaluate(HEADINGS)
    pdf = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "15mm"))
    sheets = dict(re.findall(rb"/(place-\d+)\s*\[(\d+) 0 R", pdf))
    assert len(set(sheets.values())) > 5
    for one in found:
        assert len({sheets[place.encode()] for place in one["places"]}) == 1, one


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


def test_one_workload_alone(opened):
    page = opened(viewport=WIDE)
    pictures = page.locator(".picture:visible")
    whole = pictures.count()
    page.get_by_role("button", name="Sums of squares").click()
    assert pictures.count() == 3 + 1 + 3  # the map and how it works are of all
    assert page.locator("#arms-squares").is_visible()
    assert not page.locator("#arms-download").is_visible()
    page.locator("#answer-download").get_by_role("link", name="Evidence").click()
    assert page.locator("#arms-download").is_visible()  # what is asked for is shown
    page.get_by_role("button", name="all").click()
    assert pictures.count() == whole


@SIZES
@SCHEMES
def test_axe_finds_nothing(opened, size, scheme):
    assert violations(opened(viewport=size, color_scheme=scheme)) == []


@pytest.mark.parametrize("name", list(REPORTS)[1:])
def test_axe_finds_nothing_in_others(opened, name):
    assert violations(opened(name, viewport=WIDE)) == []


def violations(page):
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in axe.Axe().run(page).response["violations"]]


@EVERY_REPORT
def test_it_is_one_file_of_a_size_to_be_sent(written, name):
    assert written(name).stat().st_size < 3_000_000


@EVERY_REPORT
def test_each_word_of_the_glossary_is_linked_where_it_first_stands(opened, name):
    page = opened(name, viewport=WIDE)
    assert page.locator("dt").all_inner_texts() == list(GLOSSARY)
    assert len(GLOSSARY) == 10
    targets = page.locator("a.term").evaluate_all("links => links.map(link => link.hash)")
    assert sorted(set(targets)) == sorted(targets)
    assert all(page.locator(f"dt{target}").count() == 1 for target in targets)
    text = page.locator(".answer").all_inner_texts()
    assert not any("one by one" in words for words in text) or f"#{anchor('one by one')}" in targets
    assert {f"#{anchor(term)}" for term in ("round", "arm", "95 % interval")} <= set(targets)


def test_every_link_within_the_page_leads_somewhere(opened):
    page = opened(viewport=WIDE)
    assert page.evaluate(
        """() => [...document.querySelectorAll("a[href^='#']")].map(link => link.hash.slice(1))
          .filter(id => !document.getElementById(id))"""
    ) == []  # fmt: skip


def test_what_comes_from_outside_stays_text(opened):
    page = opened(viewport=WIDE)
    assert EVIL in page.locator("main").inner_text()
    assert page.locator("main script").count() == 0


def test_pictures_say_what_they_show(opened):
    page = opened(viewport=WIDE)
    labels = [svg.get_attribute("aria-label") for svg in page.locator("svg").all()]
    assert all(len(label) > 20 for label in labels)
    ids = page.locator("[id]").evaluate_all("elements => elements.map(element => element.id)")
    assert len(set(ids)) == len(ids)


def test_the_winner_as_code_is_a_click_away_and_there_to_copy(opened):
    page = opened(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    assert not page.locator("details.code pre").is_visible()
    page.locator("#answer-download").get_by_role("link", name="As code").click()
    assert page.locator("details.code pre").inner_text() == CODE
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == CODE


def test_without_a_clipboard_the_code_is_selected(opened):
    page = opened(viewport=WIDE)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")  # as over plain http
    page.locator("#answer-download").get_by_role("link", name="As code").click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Selected: Ctrl+C").wait_for()
    assert page.evaluate("getSelection().toString()").strip() == CODE.strip()


def test_the_code_is_there_without_scripts(opened):
    page = opened(viewport=WIDE, java_script_enabled=False)
    page.locator("details.code summary").click()
    assert page.locator("details.code pre").inner_text() == CODE
    assert page.get_by_role("button", name="Copy").count() == 0


def test_where_the_works_lie_is_said_beside_the_map(opened):
    page = opened(viewport=WIDE)
    assert page.locator("h2#map").inner_text() == "Where your work lies"
    assert page.locator("h2#map ~ ul").first.inner_text() == LIES
    picture = page.locator("h2#map ~ figure").first
    assert "is right on" in picture.locator("figcaption").inner_text()
    assert page.locator("nav a[href='#map']").is_visible()


def test_failures_and_what_could_not_run_are_told(opened):
    text = opened(viewport=WIDE).locator("main").inner_text()
    assert "curl_multi with 15 in flight" in text
    assert "ray: not installed: pip install ray" in text
