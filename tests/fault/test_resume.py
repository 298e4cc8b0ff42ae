"""What an earlier try or run brought is not fetched again, and never spoils a page."""

import fcntl
import gzip
import re
from dataclasses import replace

import psutil
import pytest

from concurrency.downloader import store
from concurrency.downloader.part import SPILL
from concurrency.errors import UserError
from helpers.replies import BODY, LAST, OK, chunks, reply
from helpers.server import CLOSE

from .cases import TRIES
from .fetching import LIMITS, fetch_pages

TAG = 'ETag: "v1"'
ONCE = replace(LIMITS, retries=0)


def cut(at=2000, *headers, body=BODY):
    return [reply(body[:at], "200 OK", *(headers or [TAG]), length=len(body)), CLOSE]


def rest(change=lambda first, total: f"Content-Range: bytes {first}-{total - 1}/{total}", tag=TAG, body=BODY, *more):
    """Answers a request for a range with all that follows, if it is put right; with the whole body otherwise."""

    def answer(head):
        wanted = re.search(rb"\r\nRange: bytes=(\d+)-\r\n", head)
        if not wanted or b'If-Range: "v1"' not in head:
            return reply(body, "200 OK", tag, *more)
        first = int(wanted[1])
        return reply(body[first:], "206 Partial Content", tag, change(first, len(body)), *more)

    return [answer]


def ranges(server):
    return [int(found[1]) for head in server.heads if (found := re.search(rb"\r\nRange: bytes=(\d+)-", head))]


@pytest.fixture
def site(places):
    return places.server, places.urls["plain"] + "/case"


def whole(tmp_path, page, body=BODY):
    return not page.error and (tmp_path / page.file).read_bytes() == body


def test_next_try_continues(site, tmp_path):
    server, url = site
    server.play({"/case": [cut(2000), cut(9), rest()]})
    server.scripts["/case"][1] = [
        lambda head: reply(BODY[2000:3000], "206 Partial", TAG, "Content-Range: bytes 2000-5999/6000", length=4000),
        CLOSE,
    ]
    [page] = fetch_pages([url], tmp_path)
    assert ranges(server) == [2000, 3000]
    assert whole(tmp_path, page)
    assert (page.status, page.attempts, page.wire_bytes, page.content_length) == (206, 3, 6000, 6000)


@pytest.mark.parametrize(
    ("sent", "headers", "error"),
    [
        (BODY[2000:3000], ["Connection: close"], "truncated"),
        (chunks(BODY[2000:3000]) + LAST, ["Transfer-Encoding: chunked"], "truncated"),
        (chunks(BODY[2000:] + b"more") + LAST, ["Transfer-Encoding: chunked"], "protocol"),
        (BODY[2000:] + b"more", ["Connection: close"], "protocol"),
    ],
    ids=["too short, to a close", "too short, in chunks", "too long, in chunks", "too long, to a close"],
)
def test_a_rest_without_a_length_is_as_long_as_it_says(site, tmp_path, sent, headers, error):
    server, url = site
    part = [reply(sent, "206 Partial", TAG, "Content-Range: bytes 2000-5999/6000", *headers, length=None), CLOSE]
    server.play({"/case": [cut(2000), part, rest()]})
    [page] = fetch_pages([url], tmp_path, replace(LIMITS, retries=1))
    assert page.error == error
    [page] = fetch_pages([url], tmp_path, ONCE)
    assert whole(tmp_path, page)
    assert ranges(server) == ([2000, 3000] if error == "truncated" else [2000])


def test_next_run_continues(site, tmp_path):
    server, url = site
    server.play({"/case": [cut(), rest()]})
    [page] = fetch_pages([url], tmp_path, ONCE)
    assert (page.error, page.file) == ("truncated", "")
    [page] = fetch_pages([url], tmp_path, ONCE)
    assert ranges(server) == [2000]
    assert whole(tmp_path, page)


def test_a_part_that_is_whole_already(site, tmp_path):
    server, url = site
    server.play({"/case": [cut(), rest()]})
    fetch_pages([url], tmp_path, ONCE)
    [part] = (tmp_path / "state/parts").glob("*.part")
    part.write_bytes(BODY)  # as after a kill between the last byte and the page's name
    [page] = fetch_pages([url], tmp_path)
    assert ranges(server) == [len(BODY)]
    assert whole(tmp_path, page)


def test_encoded_body_continues(site, tmp_path):
    server, url = site
    packed, coding = gzip.compress(BODY), "Content-Encoding: gzip"
    server.play({"/case": [cut(1500, TAG, coding, body=packed), rest(rest.__defaults__[0], TAG, packed, coding)]})
    [page] = fetch_pages([url], tmp_path)
    assert ranges(server) == [1500]
    assert whole(tmp_path, page)


@pytest.mark.parametrize(
    "headers",
    [
        ['ETag: W/"v1"'],
        ["X-Nothing: 1"],
        [TAG, "Accept-Ranges: none"],
        ["Last-Modified: Fri, 02 Jan 2026 00:00:00 GMT", "Date: Fri, 02 Jan 2026 00:00:01 GMT"],
    ],
)
def test_without_strong_validator_starts_again(site, tmp_path, headers):
    server, url = site
    server.play({"/case": [cut(2000, *headers), OK]})
    [page] = fetch_pages([url], tmp_path)
    assert ranges(server) == []
    assert whole(tmp_path, page)


@pytest.mark.parametrize(
    "misfit",
    [
        [reply(b"", "416 Range Not Satisfiable", "Content-Range: bytes */6000")],
        rest(lambda first, total: f"Content-Range: bytes {first + 1}-{total - 1}/{total}"),
        rest(lambda first, total: f"Content-Range: bytes {first}-{total - 2}/{total}"),
        rest(lambda first, total: f"Content-Range: bytes {first}-{total}/{total + 1}"),
        rest(lambda first, total: f"Content-Range: bytes {first}-{total - 1}/*"),
        rest(lambda first, total: "Content-Range: lines 1-2/3"),
        rest(lambda first, total: "X-No-Content-Range: 1"),
        rest(tag='ETag: "v2"'),
        rest(rest.__defaults__[0], TAG, BODY, "Content-Encoding: gzip"),
    ],
    ids=["416", "first byte", "last byte", "length", "unknown length", "unit", "no range", "validator", "coding"],
)
def test_what_does_not_fit_starts_again(site, tmp_path, misfit):
    server, url = site
    server.play({"/case": [cut(), misfit, OK]})
    [page] = fetch_pages([url], tmp_path)
    assert ranges(server) == [2000]
    assert server.hits["/case"] == page.attempts == 3
    assert whole(tmp_path, page)


def test_changed_page_comes_whole(site, tmp_path):
    server, url = site
    changed = BODY[::-1]
    server.play({"/case": [cut(), [reply(changed, "200 OK", 'ETag: "v2"')]]})
    [page] = fetch_pages([url], tmp_path)
    assert ranges(server) == [2000]
    assert whole(tmp_path, page, changed)


def test_large_bodies_do_not_stay_in_memory(site, tmp_path):
    server, url = site
    body = BODY * 600
    server.play({"/case": [cut(3 * SPILL, body=body), rest(rest.__defaults__[0], TAG, body)]})
    [page] = fetch_pages([url], tmp_path)
    assert ranges(server) == [3 * SPILL]
    assert whole(tmp_path, page, body)
    assert list((tmp_path / "state/parts").iterdir()) == []


def test_second_run_asks_for_nothing(site, tmp_path):
    server, url = site
    server.play({"/case": [OK]})
    first = fetch_pages([url, url], tmp_path)
    second = fetch_pages([url, url], tmp_path)
    assert first == second
    assert len(first) == 2
    assert server.hits["/case"] == 1


@pytest.mark.parametrize(
    "damage",
    [lambda file: file.unlink(), lambda file: file.write_bytes(BODY[:-1] + b"?"), lambda file: file.write_bytes(b"")],
)
def test_damaged_page_comes_again(site, tmp_path, damage):
    server, url = site
    server.play({"/case": [OK]})
    [page] = fetch_pages([url], tmp_path)
    damage(tmp_path / page.file)
    [page] = fetch_pages([url], tmp_path)
    assert server.hits["/case"] == 2
    assert whole(tmp_path, page)


def test_failures_are_tried_again_and_pages_kept(site, tmp_path):
    server, url = site
    server.play({"/case": [OK], "/other": [[reply(b"", "404 Not Found")], OK]})
    urls = [url, url.replace("case", "other")]
    assert [page.error for page in fetch_pages(urls, tmp_path)] == ["", "status"]
    assert [page.error for page in fetch_pages(urls, tmp_path)] == ["", ""]
    assert server.hits == {"/case": 1, "/other": 2}


def test_only_pages_of_the_list_remain(site, tmp_path):
    server, url = site
    server.play({"/case": [OK], "/other": [OK]})
    fetch_pages([url, url.replace("case", "other")], tmp_path)
    (tmp_path / "pages" / "stray").write_text("?")
    (tmp_path / "state/parts" / "stray.whole").write_text("?")
    [page] = fetch_pages([url], tmp_path)
    assert [f"pages/{file.name}" for file in (tmp_path / "pages").iterdir()] == [page.file]
    assert list((tmp_path / "state/parts").iterdir()) == []


def test_another_source_brings_other_pages(site, tmp_path):
    server, url = site
    server.play({"/case": [OK, [reply(b"new")]]})
    fetch_pages([url], tmp_path, source="a")
    [page] = fetch_pages([url], tmp_path, source="b")
    assert whole(tmp_path, page, b"new")


def test_journal_cut_off_anywhere(site, tmp_path):
    server, url = site
    server.play({f"/{i}": [OK] for i in range(3)})
    urls = [url.replace("case", str(i)) for i in range(3)]
    fetch_pages(urls, tmp_path)
    journal = tmp_path / "state/journal"
    complete = journal.read_bytes()
    for length in range(0, len(complete), 37):
        journal.write_bytes(complete[:length])
        assert all(whole(tmp_path, page) for page in fetch_pages(urls, tmp_path))


def test_journal_with_rows_that_are_none(site, tmp_path):
    server, url = site
    server.play({f"/{i}": [OK] for i in range(3)})
    urls = [url.replace("case", str(i)) for i in range(3)]
    fetch_pages(urls, tmp_path)
    journal = tmp_path / "state/journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    for bad in (b"a,b,c\n", b"\xff\xfe\n", b"\n", b"\0" * 4096):
        journal.write_bytes(b"".join([*lines[:-1], bad, lines[-1]]))  # the last one says that a page is certain
        asked = sum(server.hits.values())
        assert all(whole(tmp_path, page) for page in fetch_pages(urls, tmp_path))
        assert sum(server.hits.values()) - asked == 1
        lines = journal.read_bytes().splitlines(keepends=True)


def test_the_writing_process_is_ended(site, tmp_path):
    server, url = site
    server.play({f"/{i}": [[0.05, reply()]] for i in range(100)})
    urls = [url.replace("case", str(i)) for i in range(100)]

    ended = []

    def end_it(page, detail):
        if not ended:
            name = "concurrency.downloader.writer_process"
            ended.extend(child for child in psutil.Process().children() if name in child.cmdline())
            ended[0].kill()

    with pytest.raises(UserError, match="the process that writes here was ended"):
        fetch_pages(urls, tmp_path, on_page=end_it)
    assert [page.error for page in fetch_pages(urls, tmp_path)] == [""] * 100


def test_two_downloads_in_one_folder(site, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LOCK_WAIT_S", 0.3)
    (tmp_path / "state").mkdir()
    with open(tmp_path / "state/lock", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another download is writing here"):
            fetch_pages([site[1]], tmp_path)


def test_folder_that_cannot_be_made(site, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file.*(Not a directory|File exists)"):
        fetch_pages([site[1]], tmp_path / "file")


@pytest.mark.parametrize("retries", [0, TRIES])
def test_a_failed_page_leaves_no_file(site, tmp_path, retries):
    server, url = site
    server.play({"/case": [cut(2000, "X-No: tag")]})
    fetch_pages([url], tmp_path, replace(LIMITS, retries=retries))
    assert list((tmp_path / "pages").iterdir()) == []
    assert list((tmp_path / "state/parts").iterdir()) == []
