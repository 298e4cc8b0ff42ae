"""Timelines in a real browser: to zoom, pan, point at and play; still without scripts and in print; for all."""

import re

import pytest

from helpers import timelines

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timelines")
    file = folder / "page.html"
    file.write_text(timelines.html({"squares": timelines.trace(folder)}, folder), encoding="utf-8")
    return file


@pytest.fixture
def opened(opening, page_file):
    """Opens the page, and waits until its timelines are there."""

    def open_page(**options):
        page = opening(page_file, **options)
        if options.get("java_script_enabled", True):
            page.wait_for_function("document.querySelector('.tl-span').textContent")
        return page

    return open_page


def canvas(page, arm):
    return page.get_by_role("application", name=f"Timeline of {arm}")


def span(page):
    """What is in view."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.locator(".tl-span").inner_text()


def place(page, arm, milliseconds, whole, y=10):
    """Where on the screen an arm's first lane is at that time, when so much is in view."""
    box = canvas(page, arm).bounding_box()
    gutter = 112 if page.viewport_size["width"] >= 600 else 80
    return box["x"] + gutter + milliseconds / whole * (box["width"] - gutter), box["y"] + y


def test_all_but_the_longest_fit_at_first_and_one_arm_on_demand(opened):
    page = opened(viewport=WIDE)
    assert span(page) == "0 µs to 40.4 ms"  # one by one takes 200
    page.get_by_role("button", name="Show all").click()
    assert span(page) == "0 µs to 202 ms"
    page.get_by_role("button", name="Fit process_pool with 2 workers").click()
    assert span(page) == "0 µs to 20.2 ms"


def test_zoom_by_buttons_keys_and_wheel(opened):
    page = opened(viewport=WIDE)
    page.get_by_role("button", name="Zoom in").click()
    assert span(page) == "10.1 ms to 30.3 ms"
    page.get_by_role("button", name="Zoom out").click()
    assert span(page) == "0 µs to 40.4 ms"
    canvas(page, "threads").focus()
    page.keyboard.press("+")
    assert span(page) == "10.1 ms to 30.3 ms"
    page.keyboard.press("Home")
    assert span(page) == "0 µs to 202 ms"
    page.mouse.move(*place(page, "threads", 0, 200))
    page.mouse.wheel(0, -500)
    first, last = span(page).split(" to ")
    assert first == "0 µs"
    assert float(last.removesuffix(" ms")) < 100


def test_the_wheel_scrolls_the_page_unless_the_timeline_was_asked(opened):
    page = opened(viewport={"width": 1280, "height": 400})
    before = span(page)
    page.mouse.move(*place(page, "one by one", 10, 40))
    page.mouse.wheel(0, 100)
    page.wait_for_function("scrollY > 0")
    assert span(page) == before


def test_pan_by_dragging_and_by_keys(opened):
    page = opened(viewport=WIDE)
    page.get_by_role("button", name="Zoom in").click()
    page.mouse.move(*place(page, "threads", 10, 20))
    page.mouse.down()
    page.mouse.move(*place(page, "threads", 5, 20), steps=3)
    page.mouse.up()
    first = float(span(page).partition(" ms")[0])
    assert first == pytest.approx(15, abs=0.5)
    canvas(page, "threads").focus()
    page.keyboard.press("Shift+ArrowLeft")
    assert float(span(page).partition(" ms")[0]) == pytest.approx(10, abs=0.5)


def test_pointing_says_what_is_there(opened):
    page = opened(viewport=WIDE)
    page.mouse.move(*place(page, "threads", 7, 40.4))
    tip = page.locator(".tl-tip")
    assert tip.inner_text() == "thread 1: computing: 1, 0 µs to 20 ms (20 ms); waits for the GIL 5 ms to 10 ms"
    page.mouse.move(*place(page, "threads", 7, 40.4, y=30))
    assert "thread 2" in tip.inner_text()
    assert "on a core 5 ms to 10 ms" in tip.inner_text()


def test_keys_walk_from_mark_to_mark_and_lane_to_lane(opened):
    page = opened(viewport=WIDE)
    canvas(page, "process_pool with 2").focus()
    said = page.get_by_role("status")
    page.keyboard.press("ArrowRight")
    assert "process 1: computing: 1, 0 µs to 10 ms" in said.inner_text()
    page.keyboard.press("ArrowRight")
    assert "process 1: computing: 2, 10 ms to 20 ms" in said.inner_text()
    page.keyboard.press("ArrowDown")
    assert "process 2: computing: 4, 10 ms to 20 ms" in said.inner_text()


def test_what_is_shorter_than_a_pixel_is_seen(opened):
    """The loop runs for a microsecond in each millisecond, which is 24 pixels wide; below the lanes of two tasks."""
    page = opened(viewport=WIDE)
    span(page)
    drawn = """canvas => {
        const pen = canvas.getContext("2d"), row = 2 + 20 + 20 + 16, left = 112;
        const { data } = pen.getImageData(left, row, canvas.width - left, 1);
        let marks = 0, was = false;
        for (let i = 0; i < data.length; i += 4) {
            const is = data[i + 3] > 0 && data[i] < 100 && data[i] === data[i + 2];
            marks += is && !was;
            was = is;
        }
        return marks;
    }"""
    assert canvas(page, "asyncio").evaluate(drawn) >= 39


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_play_and_pause(opened, motion):
    page = opened(viewport=WIDE, reduced_motion=motion)
    readout = page.locator(".tl-readout:visible").first
    assert readout.inner_text() == ""
    page.get_by_role("button", name="Play what is in view").click()
    page.wait_for_function("parseFloat(document.querySelector('.tl-cursor').style.left) > 130")
    page.get_by_role("button", name="Pause").click()
    assert readout.inner_text().startswith("at ")
    assert "queued" in readout.inner_text()
    told = readout.inner_text()
    page.wait_for_timeout(200)
    assert readout.inner_text() == told
    assert page.locator(".tl-cursor").is_visible()


def test_which_arms_are_shown_is_chosen(opened):
    page = opened(viewport=WIDE)
    assert page.locator(".tl-arm:visible").count() == 4
    page.get_by_text("Strategies shown: 4 of 5").click()
    page.get_by_role("checkbox", name="process_pool with 1 worker").check()
    assert page.locator(".tl-arm:visible").count() == 5
    assert canvas(page, "process_pool with 1 worker").bounding_box()["height"] > 20
    page.get_by_role("checkbox", name="one by one").uncheck()
    assert page.get_by_text("Strategies shown: 4 of 5").is_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_without_scripts_and_in_print_there_is_a_still_picture(opened, size):
    page = opened(viewport=size, java_script_enabled=False)
    assert page.locator(".tl-still svg:visible").count() == 1
    assert page.locator(".tl-live").count() == 0
    page = opened(viewport=size)
    assert page.locator(".tl-still svg:visible").count() == 0
    page.emulate_media(media="print")
    assert page.locator(".tl-still svg:visible").count() == 1
    assert not page.locator(".tl-live").is_visible()


def test_nothing_is_wider_than_a_phone(opened):
    page = opened(viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.mouse.move(*place(page, "threads", 39, 40.4))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(opened, size, scheme):
    page = opened(viewport=size, color_scheme=scheme)
    page.get_by_text("Strategies shown").click()
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_the_trace_for_perfetto_is_beside_it(opened):
    page = opened(viewport=WIDE)
    assert page.get_by_role("link", name="Open in Perfetto").get_attribute("href") == "traces/squares.json"


def test_what_is_several_in_one_is_told_and_counted_by_its_share(opening, tmp_path):
    """Two threads that take turns of a millisecond for 12 s: never are both on a core, nor said to be."""
    file = tmp_path / "page.html"
    file.write_text(
        timelines.html({"squares": timelines.alternating(2, 12_000, items=12_000)}, tmp_path), encoding="utf-8"
    )
    page = opening(file, viewport=WIDE)
    page.wait_for_function("document.querySelector('.tl-span').textContent")
    page.mouse.click(*place(page, "busy", 6000, 12_120))
    assert "; 1 waits for the GIL, 1 on a core" in page.locator(".tl-readout").inner_text()
    page.mouse.move(*place(page, "busy", 6001, 12_120))
    assert re.search(r"; on a core \d\d % of 6\.\d", page.locator(".tl-tip").inner_text())
    read, data = (timelines.page.FOLDER / "reading.js").read_text(), page.locator(".timeline-data").text_content()
    most, high = page.evaluate(f"""() => {{
        {read}
        const data = {data}, {{ cores, most }} = new Arm(data.arms[0], data);
        return [Math.max(...cores.numbers), most];
    }}""")
    assert most < 1.5
    assert high == 2


@pytest.mark.parametrize("broken", ["{", '{"arms": [{"lanes": [null]}]}', "null"])
def test_a_figure_that_fails_stays_still_and_hinders_no_other(browser, page_file, tmp_path, broken):
    html, begin = page_file.read_text(encoding="utf-8"), '<script type="application/json"'
    figure = html[html.index("<figure") : html.index("</figure>")] + "</figure>"
    other = figure.replace('id="timeline-squares"', 'id="timeline-other"')
    data = f'{begin} class="timeline-data" data-figure="timeline-other">{broken}</script>\n'
    file = tmp_path / "page.html"
    file.write_text(html.replace(figure, other + figure).replace(begin, data + begin, 1), encoding="utf-8")
    page = browser.new_page(viewport=WIDE)
    page.goto(file.as_uri())
    page.wait_for_function("document.querySelector('#timeline-squares .tl-span').textContent")
    assert page.locator("#timeline-squares .tl-arm:visible").count() == 4
    assert page.locator("#timeline-other .tl-still svg:visible").count() == 1
    assert page.locator("#timeline-other .tl-live").count() == 0
    page.close()
