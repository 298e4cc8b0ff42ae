"""The clients of the downloads: all ask for the same, trust the same, and undo what they asked for."""

import pytest

from concurrency.codings import ACCEPTED
from concurrency.measuring.arms import Arm
from concurrency.workloads.download import trust
from concurrency.workloads.download.replay.tls import HTTP2, Authority
from concurrency.workloads.known import kind_of
from helpers.https import serving
from helpers.workloads import measure, strategies

SLOW_TO_START = {"ray"}
WORKERS = 3
PAGES = {"/gzip/70000": 70_000, "/deflate/300000": 300_000, "/gzip/0": 0, "/identity/10": 10}


@pytest.fixture(scope="module")
def authority():
    return Authority()


def case(strategy, *more):
    marks = [pytest.mark.heavy] if strategy.name in SLOW_TO_START else []
    if strategy.missing:
        marks.append(pytest.mark.skip(reason=strategy.missing))
    return pytest.param(strategy, *more, marks=marks)


def named(strategy):
    return getattr(strategy, "name", None)


def speaking_http2():
    """Who does, and with how many connections at most."""
    known = strategies("download")
    yield case(known["curl_multi"], {}, WORKERS)
    yield case(known["curl_multi"], {"multiplex": True}, 1)
    yield case(known["httpx_async"], {}, 1)
    yield case(known["niquests"], {}, WORKERS)


def download(strategy, urls, expected, authority, options=None):
    """What a sample of the strategy, which trusts the authority, says is wrong with its answers."""
    workers = 1 if kind_of("download").has_one_worker(strategy) else WORKERS
    with trust.trusting(authority.pem):
        [row] = measure("download", [Arm(strategy.name, workers, options or {})], urls, expected)
    return row.get("error")


@pytest.mark.parametrize("strategy", [case(strategy) for strategy in strategies("download").values()], ids=named)
def test_all_ask_for_the_same_and_trust_the_same(strategy, authority):
    with serving(authority) as trusted, serving(Authority()) as stranger:
        urls = [f"{trusted.url}{page}" for page in PAGES] + [f"{stranger.url}/gzip/10"]
        expected = [[200, size] for size in PAGES.values()] + [[0, 0]]
        assert download(strategy, urls, expected, authority) is None
    assert sorted(trusted.requests) == sorted(("http/1.1", page, ACCEPTED) for page in PAGES)
    assert stranger.requests == []


@pytest.mark.parametrize(("strategy", "options", "connections"), [*speaking_http2()], ids=named)
def test_http2_where_it_is_offered(strategy, options, connections, authority):
    pytest.importorskip("h2")
    with serving(authority, http2=True) as server:
        urls = [f"{server.url}{page}" for page in PAGES] * 10
        expected = [[200, size] for size in PAGES.values()] * 10
        assert download(strategy, urls, expected, authority, options) is None
    assert {protocol for protocol, *_ in server.requests} == {HTTP2}
    assert len(server.connections) <= connections
