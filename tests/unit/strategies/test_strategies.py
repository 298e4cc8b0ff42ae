"""Strategies: all there, each answering exactly what `sequential` answers, none beyond its requests in flight."""

import asyncio
import importlib
import math
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from importlib import metadata

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from concurrency.errors import UserError
from concurrency.measuring import arms
from concurrency.measuring.arms import Arm
from concurrency.strategies import _catalogue
from concurrency.work import Work
from concurrency.workloads.known import kind_of
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares.sums import closed_form, cut_range, sum_of_squares
from concurrency.workloads.squares.work import NeverAwaiting
from helpers.workflows import ROOT
from helpers.workloads import strategies, workload

SQUARES = workload("squares", [])
EXPECTED = {
    "sequential", "threads", "asyncio", "asyncio_blocking", "asyncio_gather", "asyncio_taskgroup",
    "asyncio_as_completed", "asyncio_wait", "asyncio_legacy_loop", "asyncio_uvloop", "asyncio_to_thread",
    "process_pool", "process_pool_futures", "process_pool_ranges", "processes_asyncio", "multiprocessing_pool",
    "interpreter_pool", "joblib", "mpire", "dask", "ray",
}  # fmt: skip
OF_ONE_WORKLOAD = {
    "download": {"asyncio_session_per_request", "curl_multi", "httpx_async", "niquests"},
    "squares": {"numpy", "closed_form"},
}
ONE_AFTER_THE_OTHER = {"sequential", "asyncio_blocking"}
SLOW_TO_START = {"ray"}


def variants(name):
    """Every strategy for the workload of a name, with its defaults and with each other value that an option lists."""
    found = []
    for strategy in strategies(name).values():
        marks = [pytest.mark.heavy] if strategy.name in SLOW_TO_START else []
        if strategy.missing:
            marks.append(pytest.mark.skip(reason=strategy.missing))
        changes = [{}] + [
            {key: value}
            for key, schema in strategy.options.items()
            for value in schema.get("enum", [2])
            if value != schema["default"]
        ]
        for change in changes:
            variant = " ".join([strategy.name, *(f"{key}={value}" for key, value in change.items())])
            found.append(pytest.param(strategy, strategy.defaults | change, marks=marks, id=variant))
    return found


@pytest.fixture(autouse=True)
def no_fork_beside_threads():
    """The server's thread runs in this process, and a process that is forked from it might inherit a held lock."""
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method("forkserver", force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


@contextmanager
def started(strategy, options, workers, name, **functions):
    """What the strategy makes of a list of items."""
    module = importlib.import_module(kind_of(name).work)
    work = module.build(strategy.runs, **functions) if strategy.runs else Work()
    with importlib.import_module(strategy.module).start(workers, **options) as run:
        yield lambda items, work=work: list(run(work, items))


@pytest.mark.parametrize("name", ["download", "squares"])
def test_every_strategy_says_what_it_is(name):
    known = strategies(name)
    assert set(known) == EXPECTED | OF_ONE_WORKLOAD[name]
    for strategy in known.values():
        assert 20 < len(strategy.summary) <= 120
        for option, schema in strategy.options.items():
            Draft202012Validator.check_schema(schema)
            assert Draft202012Validator(schema).is_valid(schema["default"]), (strategy.name, option)
    assert kind_of(name).algorithms() == (("closed_form", "numpy") if name == "squares" else ())


def described(text, tmp_path, monkeypatch):
    """What is known of a strategy file with this text."""
    (tmp_path / "mine.py").write_text(text)
    monkeypatch.setattr("concurrency.strategies._catalogue.FOLDER", tmp_path)
    return _catalogue.described.__wrapped__()["mine"]


def test_facts_may_be_annotated(tmp_path, monkeypatch):
    text = 'RANK: int = 3\nRUNS = "function"\nNEEDS: list[str]\nOPTIONS: dict = {"size": {"default": 1}}\nX = print()\n'
    mine = described(text, tmp_path, monkeypatch)
    assert (mine.rank, mine.needs, mine.defaults) == (3, (), {"size": 1})


RUNS = 'RUNS = "function"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"""No rank."""', "RANK: say how simple it is with a whole number, such as RANK = 3"),
        ('RANK = "simple"', "RANK: say how simple it is with a whole number, such as RANK = 3"),
        ("RANK = 1 + len(__name__)", "RANK: write its value out, as it is read without running the file"),
        ("RANK = 1", "RUNS: say which form of a work it takes, function or coroutine"),
        ('RANK = 1\nRUNS = "anything"', "RUNS: 'anything' is not one of function, coroutine"),
        (f'RANK = 1\n{RUNS}SHARES = "cake"', "SHARES: 'cake' is not one of thread, loop, gil"),
        (f'RANK = 1\n{RUNS}OPTIONS = {{"size": {{"type": "integer"}}}}', "OPTIONS: size: give it a default"),
        ("RANK = 1\ndef start(:", "cannot be read as Python: invalid syntax (mine.py, line 2)"),
    ],
)
def test_a_file_that_does_not_say_what_it_is(text, message, tmp_path, monkeypatch):
    with pytest.raises(UserError) as caught:
        described(text, tmp_path, monkeypatch)
    assert str(caught.value) == f"{tmp_path}/mine.py: {message}"


@pytest.mark.parametrize(("strategy", "options"), variants("squares"))
def test_sums_are_those_of_sequential(strategy, options):
    workers = 1 if kind_of("squares").has_one_worker(strategy) else 3
    with started(strategy, options, workers, "squares") as run:

        @settings(max_examples=25)
        @given(st.lists(st.integers(0, 3000), max_size=12))
        def holds(numbers):
            assert run(numbers) == [sum_of_squares(n) for n in numbers]

        holds()
        assert run([7] * 5) == [closed_form(7)] * 5
        assert run([]) == []
        if not strategy.is_algorithm:
            own = Work(function=math.isqrt, coroutine=NeverAwaiting(math.isqrt))
            assert run([16, 81], own) == [4, 9]  # what a user brings may not be written in Python


@pytest.mark.parametrize("n", [3_000_000, 3_900_000, 5_000_001])
def test_numpy_is_exact_where_64_bits_overflow(n):
    with started(strategies("squares")["numpy"], {}, 1, "squares") as run:
        assert run([n]) == [closed_form(n)]
        with pytest.raises(OverflowError):
            run([2**32 + 1])


@given(st.integers(0, 10_000), st.floats(0.01, 20_000))
def test_pieces_of_a_range_are_equal_and_all_of_it(n, size):
    pieces = cut_range(n, size)
    assert [i for start, stop in pieces for i in range(start, stop)] == list(range(n))
    lengths = [stop - start for start, stop in pieces]
    assert max(lengths) - min(lengths) <= 1
    assert max(lengths) <= math.ceil(max(size, 1))


class Site:
    """A server in a thread that counts how many requests it holds at once."""

    def __init__(self):
        self.now = self.most = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        self._ready.wait()

    async def _handle(self, request):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.02 if request.path == "/slow" else 0)
        self.now -= 1
        if request.path == "/moved":
            raise web.HTTPFound("/10")
        if request.path == "/broken":  # ends before what was announced
            request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this")
            request.transport.close()
            return web.Response()
        if request.path == "/slow":
            return web.Response(body=b"slow")
        size = int(request.path[1:])
        return web.Response(body=b"x" * size, status=404 if size == 404 else 200)

    async def _serve(self):
        self._end = asyncio.Event()
        runner = web.ServerRunner(web.Server(self._handle, access_log=None))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()

    def close(self):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def site():
    server = Site()
    yield server
    server.close()


@pytest.fixture(scope="module")
def nobody():
    """An address at which nobody listens."""
    with ExitStack() as stack:
        bound = stack.enter_context(socket.socket())
        bound.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused, and nobody else gets it
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


@pytest.mark.parametrize(("strategy", "options"), variants("download"))
def test_pages_are_those_of_sequential(strategy, options, site, nobody):
    pages = {f"{site.url}/{size}": (200, size) for size in (0, 1, 10, 70_000, 300_000)}
    pages |= {f"{site.url}/404": (404, 404), f"{site.url}/moved": (200, 10)}
    pages |= {f"{site.url}/broken": (0, 0), nobody: (0, 0)}
    with started(strategy, options, 4, "download") as run:

        @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(st.sampled_from(sorted(pages)), max_size=12))
        def holds(urls):
            assert run(urls) == [pages[url] for url in urls]

        holds()
        everything = sorted(pages) * 2
        assert run(everything) == [pages[url] for url in everything]
        assert run([]) == []


@pytest.mark.parametrize(("strategy", "options"), variants("download"))
def test_no_more_in_flight_than_workers(strategy, options, site):
    site.most = 0
    workers = 1 if kind_of("download").has_one_worker(strategy) else 5
    with started(strategy, options, workers, "download") as run:
        assert run([f"{site.url}/slow"] * 30) == [(200, 4)] * 30
    if strategy.name in ONE_AFTER_THE_OTHER:
        assert site.most == 1
    else:
        assert 2 <= site.most <= 5


def absent(monkeypatch, *packages):
    real = metadata.distribution

    def distribution(name):
        if name in packages:
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "distribution", distribution)


def test_what_is_not_installed_is_left_out_with_the_command_that_helps(monkeypatch):
    absent(monkeypatch, "joblib", "niquests")
    asked = ["sequential", "joblib"]
    chosen, left_out = arms.runnable(SQUARES, [Arm("sequential"), Arm("joblib", 2)], asked, "config.yaml")
    assert chosen == [Arm("sequential")]
    assert left_out == {"joblib": "not installed: pip install joblib"}
    with pytest.raises(UserError, match=r"^config.yaml: joblib: not installed: pip install joblib$"):
        arms.runnable(SQUARES, [Arm("sequential"), Arm("joblib", 2)], ["joblib"], "config.yaml")
    # pip alone would exchange the urllib3 of `requests`
    assert "URLLIB3_NO_OVERRIDE=1 pip install" in strategies("download")["niquests"].missing


def test_an_older_interpreter_leaves_out_what_it_has_not(monkeypatch):
    monkeypatch.setattr("sys.version_info", (3, 13, 0))
    assert strategies("squares")["interpreter_pool"].missing == "needs Python 3.14"


def test_algorithms_are_off_with_a_function_of_ones_own():
    own = Own([], function="work.py:f")
    assert not any(strategy.is_algorithm for strategy in own.strategies().values())
    with pytest.raises(UserError, match=r"config\.yaml: there is no strategy 'numpy'; there are sequential"):
        arms.expand(own, ["numpy"], "config.yaml")


def test_what_computes_in_one_thread_depends_on_the_gil():
    known = [strategy for strategy in strategies("squares").values() if not strategy.is_algorithm]
    one = {name for name in EXPECTED if name == "sequential" or name.startswith("asyncio")} - {"asyncio_to_thread"}
    more = {"threads", "asyncio_to_thread"}
    assert {strategy.name for strategy in known if strategy.computes_in_one_thread(gil=True)} == one | more
    assert {strategy.name for strategy in known if strategy.computes_in_one_thread(gil=False)} == one


@pytest.mark.parametrize("name", ["asyncio", "asyncio_gather", "numpy", "closed_form", "sequential"])
def test_one_worker_is_one_worker(name):
    assert Arm(name, 1) in arms.expand(SQUARES, [name], "here")
    with pytest.raises(UserError, match=f"here: {name}: workers: {name} has one worker, not 2"):
        arms.expand(SQUARES, [{name: {"workers": 2}}], "here")


BROKEN_POOL = """\
import os, signal, time
from concurrency.strategies import threads_then_processes
from concurrency.work import Work

def came(item):
    time.sleep(2 * (item == 0))
    return item

def computed(item):
    if item == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return item

if __name__ == "__main__":
    with threads_then_processes.start(2, 1) as run:
        print(list(run(Work(function=came, then=computed), list(range(40)))))
"""


def test_a_pool_that_breaks_lets_the_threads_go_that_feed_it(tmp_path):
    """While the first item is waited for, all others find the pool broken."""
    (tmp_path / "main.py").write_text(BROKEN_POOL)
    outcome = subprocess.run(
        [sys.executable, tmp_path / "main.py"], env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "BrokenProcessPool" in outcome.stderr
