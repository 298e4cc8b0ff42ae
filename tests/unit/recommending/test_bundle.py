"""Bundles: a definition with all that it reaches, as it stands in the source, and no more."""

import ast
import shutil

import pytest

from concurrency.errors import UserError
from concurrency.recommending import bundle
from concurrency.recommending.bundle import Bundle, Instead, Plainer
from concurrency.recommending.imports import Import, rendered

MINE = '''"""Mine."""

import json as j
from collections.abc import Iterable
from os import path, sep

from concurrency.cores import available
from concurrency.processes import started

from ._threads import thread_pool

RANK = 3
SIZE = 4  # kept
# Above it.
TWO, THREE = 2, 3


# What goes before.
@staticmethod
def helper(n):
    """Says é."""
    é = "é" + str(available())  # counted
    return é, SIZE, TWO, j


def unused():
    return path


def start(workers, json=None):
    started(
        [workers],
    )
    with thread_pool(workers) as pool:
        yield helper, pool, len(sep)
'''
PLAINER = Plainer(
    instead={
        ("concurrency.cores", "available"): Instead("cpu_count", Import("multiprocessing", "cpu_count")),
        ("concurrency.strategies._threads", "thread_pool"): Instead("m.Pool", Import("a.m", "", "m")),
    },
    values={("concurrency.strategies.mine", "SIZE"): "5"},
    dropped=frozenset({("concurrency.processes", "started")}),
)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Writes a strategy of a user's into a copy of the library, and bundles it."""
    shutil.copytree(bundle.SCRIPTS / "concurrency", tmp_path / "concurrency", ignore=shutil.ignore_patterns("__pyc*"))
    monkeypatch.setattr(bundle, "SCRIPTS", tmp_path)
    bundle.source.cache_clear()

    def bundled(text, plainer=PLAINER):
        (tmp_path / "concurrency/strategies/mine.py").write_text(text)
        made = Bundle(plainer)
        return made.add("concurrency.strategies.mine", "start"), made

    yield bundled
    bundle.source.cache_clear()


def test_what_is_reached_stands_as_it_is_and_the_rest_is_left_out(mine):
    text, made = mine(MINE)
    assert (
        text
        == '''SIZE = 5
# Above it.
TWO, THREE = 2, 3


# What goes before.
@staticmethod
def helper(n):
    """Says é."""
    é = "é" + str(cpu_count())  # counted
    return é, SIZE, TWO, j


def start(workers, json=None):
    with m.Pool(workers) as pool:
        yield helper, pool, len(sep)'''
    )
    assert rendered(made.imports) == (
        "import json as j\nfrom multiprocessing import cpu_count\nfrom os import sep\n\nimport a.m as m"
    )


def test_two_things_of_one_name_are_refused(mine):
    text = "\ndef leave_loop():\n    pass\n\ndef start():\n    leave_loop()\n    event_loop()\n"
    with pytest.raises(UserError, match=r"leave_loop: is another thing in .*mine\.py; a script cannot hold both"):
        mine(f"from ._loops import event_loop\n{text}")


@pytest.mark.parametrize("line", ["from concurrency import cores", "from concurrency import codings as cores"])
def test_what_cannot_be_taken_by_name_is_refused(mine, line):
    with pytest.raises(UserError, match=r"mine\.py: cores: a script takes it by `from module import name`"):
        mine(f"{line}\n\ndef start():\n    return cores\n")


def test_all_strategies_are_read_without_their_packages():
    for path in sorted((bundle.SCRIPTS / "concurrency/strategies").glob("[!_]*.py")):
        made = Bundle(Plainer())
        ast.parse(made.add(f"concurrency.strategies.{path.stem}", "start"))
        assert not [one for one in made.imports if one.package == "concurrency"]


def test_imports_are_sorted_as_ruff_sorts_them():
    found = [
        Import("os", "sep"), Import("sys"), Import("typing", "Any"), Import("contextlib", "suppress"),
        Import("aiohttp"),
        Import("contextlib", "ExitStack"), Import("multiprocessing", "wait", "first"), Import("sys"),
    ]  # fmt: skip
    assert rendered(found) == (
        "import sys\nfrom contextlib import ExitStack, suppress\nfrom multiprocessing import wait as first\n"
        "from os import sep\nfrom typing import Any\n\nimport aiohttp"
    )
