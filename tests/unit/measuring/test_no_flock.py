"""A filesystem without flock: what needs none goes on, downloads say so in one line."""

import errno
import fcntl
import os

import pytest

from concurrency.downloader.store import Store
from concurrency.errors import UserError
from concurrency.measuring import lock
from concurrency.running import liveness


@pytest.fixture(autouse=True)
def no_flock(monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_a_run_begins_and_leaves_the_locks_of_others_alone(tmp_path):
    (tmp_path / "locks").mkdir()
    liveness.enter(tmp_path)
    assert (tmp_path / "locks").is_dir()


def test_measuring_goes_on_and_says_what_is_missing(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with lock.machine_to_itself():
        assert "nothing keeps another campaign from measuring meanwhile" in caplog.text


def test_a_download_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"fails on this filesystem \(No locks available\); work in"):
        Store(tmp_path, "live").__enter__()
