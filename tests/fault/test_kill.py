"""However a download ends, the next one goes on, and in the end every page is right and no stray file is left."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.replies import reply

from .fetching import fetch_pages

ROOT = Path(__file__).parents[2]
IN_FLIGHT = 6
DOWNLOAD = """
import json, sys
from pathlib import Path
from concurrency.downloader import fetch
from concurrency.errors import UserError
urls = json.loads(sys.stdin.read())
try:
    pages = list(fetch.fetch_all(urls, urls, Path(sys.argv[1]), "kill", fetch.Manners(int(sys.argv[2])),
        fetch.Limits(backoff_s=0.01), lambda page, detail: None))
except UserError as error:
    sys.exit(str(error))
"""


def body_of(i: int) -> bytes:
    size = 4_000_000 if i % 10 == 0 else 20_000
    return random.Random(i).randbytes(size)


def start(urls, folder):
    process = subprocess.Popen(
        [sys.executable, "-c", DOWNLOAD, str(folder), str(IN_FLIGHT)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
    )
    process.stdin.write(json.dumps(urls))
    process.stdin.close()
    process.stdin = None  # `communicate` would want to close it again
    return process


def resumable(body):
    """Sends a body slowly, from where the request wants it."""

    def answer(head):
        wanted = re.search(rb"\r\nRange: bytes=(\d+)-", head)
        if not wanted:
            return reply(body, "200 OK", 'ETag: "x"')
        first = int(wanted[1])
        span = f"Content-Range: bytes {first}-{len(body) - 1}/{len(body)}"
        return reply(body[first:], "206 Partial Content", 'ETag: "x"', span)

    return [0.02, lambda head: answer(head)[:2_000_000], 0.03, lambda head: answer(head)[2_000_000:]]


def check_all(urls, bodies, folder):
    pages = fetch_pages(urls, folder, source="kill")
    assert [page.url for page in pages] == urls
    assert [page.error for page in pages] == [""] * len(urls)
    for page, body in zip(pages, bodies, strict=True):
        data = (folder / page.file).read_bytes()
        assert data == body
        assert page.sha256 == hashlib.sha256(body).hexdigest()
    assert sorted(f"pages/{file.name}" for file in (folder / "pages").iterdir()) == sorted(page.file for page in pages)
    assert list((folder / "state/parts").iterdir()) == []
    return pages


@pytest.mark.parametrize("runs", [4, pytest.param(30, marks=pytest.mark.heavy)])
def test_killed_at_random_moments(places, tmp_path, runs):
    seed = random.randrange(10**6)
    print("seed", seed)
    moments = random.Random(seed)
    bodies = [body_of(i) for i in range(60)]
    server = places.server
    server.play({f"/{i}": [resumable(body)] for i, body in enumerate(bodies)})
    urls = [f"{places.urls['plain']}/{i}" for i in range(len(bodies))]
    for _ in range(runs):
        asked = sum(server.hits.values())
        process = start(urls, tmp_path)
        while sum(server.hits.values()) == asked and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 1.6 / runs))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    asked_before = sum(server.hits.values())
    check_all(urls, bodies, tmp_path)
    check_all(urls, bodies, tmp_path)
    assert sum(server.hits.values()) - asked_before <= len(urls) + IN_FLIGHT  # these may have been on their way


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MB, where this system lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root on Linux")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("size", [20_000, 1_500_000])
def test_full_disk(places, small_disk, size):
    bodies = [random.Random(i).randbytes(size) for i in range(6_000_000 // size)]
    places.server.play({f"/{i}": [[reply(body)]] for i, body in enumerate(bodies)})
    urls = [f"{places.urls['plain']}/{i}" for i in range(len(bodies))]
    process = start(urls, small_disk)
    _, said = process.communicate(timeout=60)
    print(said)
    assert process.returncode == 1
    assert len(said.splitlines()) == 1
    assert "No space left on device; put that right and run the same command again" in said
    subprocess.run(["mount", "-o", "remount,size=30m", small_disk], check=True)
    asked, kept = sum(places.server.hits.values()), len(list((small_disk / "pages").iterdir()))
    assert kept or size > 20_000
    check_all(urls, bodies, small_disk)
    again = sum(places.server.hits.values()) - asked
    assert again <= len(urls) - kept + 2  # two may be in place but not in the journal
