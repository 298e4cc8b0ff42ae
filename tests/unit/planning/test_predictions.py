"""What larger jobs would take: in proportion, with the bound that bites first and what is extrapolated."""

import pytest

from concurrency.downloader.limits import Limits
from concurrency.errors import UserError
from concurrency.planning import capacity, constants
from concurrency.workloads.download.sites import Site

SITES = [Site(f"http://h{i % 4}.test/{i}", wire_bytes=50_000, latency_ms=100, connect_ms=0) for i in range(8)]
PAGES = [
    constants.Pages(in_flight=10, start_s=0, page_s=0.01, cpu_s=0.001, disk_bytes=50_000),
    constants.Pages(in_flight=100, start_s=5, page_s=0.002, cpu_s=0.001, disk_bytes=50_000),
]
MEMORY = constants.Memory(base_bytes=100e6, page_bytes=2000)


@pytest.fixture
def text():
    terms = constants.Terms(cores=4, one_core_s=40e-9, all_cores_s=10e-9)
    return capacity.describe(SITES, PAGES, MEMORY, terms, [1_000_000] * 3, job_s=1.5, rate=5)


def row(text, size):
    return next(line for line in text.splitlines() if line.startswith(f"| {size} "))


def test_pages(text):
    # one by one: 0.1 s latency and 1 ms of CPU; a quarter of the pages is on one host, at 5/s
    cells = [cell.strip() for cell in row(text, "100,000").split("|")[1:-1]]
    assert cells == ["100,000", "2.81 h", "16.7 min", "3.42 min", "300 MB", "5 GB", "1", "1", "83.3 min", "83.3 min"]
    cells = [cell.strip() for cell in row(text, "1,000,000,000 *").split("|")[1:-1]]
    assert cells[6:8] == ["24", "2,315"]


def test_numbers(text):
    rows = text[text.index("## Numbers") :]
    cells = [cell.strip() for cell in row(rows, "10,000,000 *").split("|")[1:-1]]
    assert cells == ["10,000,000 *", "4.63 days", "27.8 h", "2", "16.7 min"]


def test_bounds_come_in_the_order_in_which_they_bite(text):
    bounds = text[text.index("Which bound") :].splitlines()[2:8]
    assert [line.split(":")[0] for line in bounds] == ["- 20", "- 100", "- 500", "- 1,000", "- 1,000", "- 2,500"]
    assert "the hosts' manners" in bounds[0]
    assert "the pages' own time at 10 in flight" in bounds[1]


def test_the_path_bounds_what_a_machine_can_do():
    sites = [
        Site(f"http://h{i % 4}.test/{i}", wire_bytes=50_000, latency_ms=100, rtt_ms=40, slots=0 if i % 4 else 1)
        for i in range(8)
    ]
    text = capacity.describe(sites, PAGES, MEMORY, None, [], job_s=1.5, rate=5, mbit_per_s=20)
    bounds = dict(line[2:].split(": ") for line in text[text.index("Which bound") :].splitlines()[2:9])
    assert bounds["50"] == "a link of 20 Mbit/s"  # of 50 kB each
    assert bounds["67"] == "what the hosts work on at once"  # a quarter of the pages, of 60 ms of work each
    cells = [cell.strip() for cell in row(text, "100,000").split("|")[1:-1]]
    assert cells[3] == "33.4 min"  # 5 s to start, and the link
    assert cells[9] == "83.3 min"
    assert float(text.split(" ms each one by one")[0].split(", ")[-1]) > 100 + 20  # slow start, and the link


def test_only_what_was_checked_is_not_called_extrapolated(text):
    assert "100,000 *" not in text.replace("1,000,000 *", "").replace("00,000,000 *", "")
    assert "1,000,000 *" in text
    assert "* Rows above 100,000 are extrapolated" in text


def test_what_is_switched_off_is_left_out():
    assert "## Numbers" not in capacity.describe(SITES, PAGES, MEMORY, None, [], job_s=1, rate=5)
    terms = constants.Terms(cores=4, one_core_s=40e-9, all_cores_s=10e-9)
    assert "## Pages" not in capacity.describe([], [], None, terms, [10], job_s=1, rate=5)


def test_numbers_that_are_0_take_no_time():
    terms = constants.Terms(cores=4, one_core_s=40e-9, all_cores_s=10e-9)
    assert "Enough for a day's work" not in capacity.describe([], [], None, terms, [0], job_s=1, rate=5)


def test_repeated_pages_differ_and_keep_their_hosts():
    pages = constants.repeated([*SITES, Site("http://q.test/?a=1#top")], 30)
    assert len({page.url for page in pages}) == 30
    assert pages[8].url == "http://q.test/?a=1&page=8"
    assert {page.wire_bytes for page in pages[:8]} == {50_000}


def test_pages_may_cost_what_is_configured(tmp_path):
    site = [Site("http://a.test/", wire_bytes=1000, latency_ms=0, connect_ms=0)]
    assert constants.download(site, 1, 1, tmp_path, Limits(max_bytes=1000)).disk_bytes == 1000
    with pytest.raises(UserError, match=r"^capacity: http://a\.test/: too_large; raise download\.limits\.max_bytes$"):
        constants.download(site, 1, 1, tmp_path, Limits(max_bytes=999))
