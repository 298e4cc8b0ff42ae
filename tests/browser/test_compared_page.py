"""What changed, in a real browser: the same looks as the report, and no fault that geometry shows."""

from functools import partial
from pathlib import Path

import pytest

from concurrency.deciding import campaigns
from concurrency.showing import changed, compared, style
from helpers import reports
from helpers.campaigns import ONE_BY_ONE, around, table

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

FAULTS = (Path(reports.__file__).parent / "pictures.js").read_text(encoding="utf-8")
BEFORE = {ONE_BY_ONE: around(2.0), ("asyncio", 15): around(0.5, seed=1), ("threads", 15): around(0.8, seed=2)}
NOW = {ONE_BY_ONE: around(2.0, seed=3), ("asyncio", 15): around(0.5, seed=4), ("threads", 8): around(1.2, seed=5)}
VIEWS = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    every = campaigns.compare(table(BEFORE), table(NOW))
    picture = folder / "download_compared.svg"
    style.save(partial(compared.draw, "download", every), picture, picture.with_stem("download_compared_narrow"))
    machines = ({"Python": "3.13", "Processor": "one"}, {"Python": "3.14", "Processor": "another"})
    file = folder / "compared.html"
    file.write_text(changed.render(every, {"download": picture}, *machines, ("old", "results")), encoding="utf-8")
    return file


@pytest.mark.parametrize("size", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_fault(opening, page_file, size, scheme):
    page = opening(page_file, viewport=VIEWS[size], color_scheme=scheme)
    assert page.evaluate(FAULTS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= VIEWS[size]["width"]
    assert axe.Axe().run(page).response["violations"] == []


def test_it_has_no_fault_on_paper(opening, page_file):
    assert opening(page_file, "print", viewport={"width": 718, "height": 1000}).evaluate(FAULTS) == []
