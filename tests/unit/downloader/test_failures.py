"""What is said of failures, and what is never said."""

import pytest

from concurrency.downloader.page import Page
from concurrency.downloader.page_tables import Ended
from concurrency.errors import UserError, printable, shown


def ended(*errors):
    found = Ended()
    for i, error in enumerate(errors):
        found.add(Page(f"http://a.test/{i}", error=error), "why")
    return found


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "state").mkdir()
    return tmp_path


def test_shards_with_too_many_failures_or_a_fault_of_ours_are_to_try_again():
    assert ended("", "dns", "internal").are_too_many(5)
    assert ended("dns", "dns").are_too_many(1)
    assert not ended("", "dns").are_too_many(1)


def test_tolerated_failures_are_in_a_table(folder):
    ended("", "dns", "status").report(2, folder, "download")
    _, *rows = (folder / "state/failed.csv").read_text().splitlines()
    assert [(row.split(",")[0], row.split(",")[-2:]) for row in rows] == [
        ("http://a.test/1", ["dns", "why"]),
        ("http://a.test/2", ["status", "why"]),
    ]


def test_a_table_of_an_earlier_run_goes(folder):
    (folder / "state/failed.csv").write_text("old")
    ended("").report(0, folder, "download")
    assert not (folder / "state/failed.csv").exists()


def test_a_fault_of_ours_is_never_tolerated(folder):
    with pytest.raises(UserError, match="1 pages failed by a fault of this workflow, all others were fetched"):
        ended("", "internal", "dns").report(10, folder, "download")


def test_a_page_in_doubt_is_counted_once(folder):
    found = ended("", "status")
    for page, _ in [*found.failed.values()]:
        found.take_back(page)
        found.add(Page(page.url, bytes=7), "")
    assert (found.total, found.bytes, found.failures) == (2, 7, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://user:secret@a.test/x", "http://***@a.test/x"),
        ("to 'https://t0ken@a.test': no", "to 'https://***@a.test': no"),
        ("http://a.test/x@y", "http://a.test/x@y"),
    ],
)
def test_no_login_is_shown(text, said):
    assert shown(text) == said


def test_nothing_commands_the_terminal():
    said = printable("a\x1b[2Jb\x07 c\n\td\u202e\udc80 é日")
    assert said == "a\\x1b[2Jb\\x07 c d\\u202e\\udc80 é日"
