"""Bad input: one clear line on the screen that names the place and what to do, nothing written, a non-zero exit."""

import json

import pytest

CASES = {
    "unknown key": ({"repeets": 3}, "config.yaml: repeets: unknown key; known here:"),
    "close to a key": ({"round": 3}, "config.yaml: round: unknown key; did you mean rounds?"),
    "unknown key below": (
        {"download": {"live": {"contakt": "a@b"}}},
        "config.yaml: download.live.contakt: unknown key; did you mean contact?",
    ),
    "wrong type": ({"rounds": "many"}, "config.yaml: rounds: expected a whole number, not 'many'"),
    "no rounds": ({"rounds": 0}, "config.yaml: rounds: must be at least 1, not 0"),
    "unknown source": (
        {"download": {"source": "film"}},
        "config.yaml: download.source: 'film' is not one of replay, live",
    ),
    "unknown strategy": (
        {"squares": {"strategies": ["magic"]}},
        "config.yaml: squares.strategies: there is no strategy 'magic'; there are sequential, threads",
    ),
    "no workers": (
        {"download": {"strategies": [{"threads": {"workers": 0}}]}},
        "config.yaml: download.strategies: threads: workers: must be a whole number of at least 1 or `auto`, not 0",
    ),
    "an empty list of workers": (
        {"download": {"strategies": [{"asyncio": {"workers": []}}]}},
        "config.yaml: download.strategies: asyncio: workers: give at least one value",
    ),
    "an empty list for an option": (
        {"squares": {"strategies": [{"process_pool": {"chunksize": []}}]}},
        "config.yaml: squares.strategies: process_pool: chunksize: give at least one value",
    ),
    "unknown option": (
        {"squares": {"strategies": [{"process_pool": {"chunks": 2}}]}},
        "config.yaml: squares.strategies: process_pool: unknown option 'chunks'; it takes workers, chunksize",
    ),
    "two strategies in one entry": (
        {"squares": {"strategies": [{"threads": {}, "process_pool": {}}]}},
        "config.yaml: squares.strategies.0: expected the name of one strategy",
    ),
    "no time for a sample": (
        {"download": {"timeout_s": 0}},
        "config.yaml: download.timeout_s: must be more than 0, not 0",
    ),
    "missing site list": (
        {"download": {"sites": "nowhere.csv"}},
        "config.yaml: download.sites: there is no file nowhere.csv; looked in",
    ),
    "malformed URL in the config": (
        {"download": {"sites": ["http://a.test/", "ftp://b.test/"]}},
        "config.yaml: download.sites: entry 2: 'ftp://b.test/' is not a URL of the form http(s)://host/path",
    ),
    "one page with two logins": (
        {"download": {"sites": ["http://a:secret@a.test/", "http://b@b.test/", "http://b:other@a.test/"]}},
        "config.yaml: download.sites: entry 3: http://***@a.test/ is there already with another login; keep one",
    ),
    "no contact": (
        {"download": {"source": "live"}},
        "config.yaml: download.live.contact: with `source: live`, give your e-mail address",
    ),
    "an interpreter that is not there": (
        {"interpreters": ["current", "/opt/py/bin/python3.99t"]},
        "config.yaml: interpreters: /opt/py/bin/python3.99t: there is no such command, or it may not be run",
    ),
    "an interpreter that is none": (
        {"interpreters": ["cat"]},
        "config.yaml: interpreters: cat: does not run as a Python interpreter: ",
    ),
    "no interpreter": ({"interpreters": []}, "config.yaml: interpreters: "),
    "negative number": (
        {"squares": {"numbers": [5, -1]}},
        "config.yaml: squares.numbers.1: must be at least 0, not -1",
    ),
    "fractional number": (
        {"squares": {"numbers": [1.5]}},
        "config.yaml: squares.numbers.0: expected a whole number, not 1.5",
    ),
    "sites where they were": ({"sites": []}, "config.yaml: sites: is download.sites now; move it there"),
    "a source where it was": ({"source": "live"}, "config.yaml: source: is download.source now; move it there"),
    "manners where they were": ({"live": {}}, "config.yaml: live: is download.live now; move it there"),
    "a start method where it was": (
        {"squares": {"start_method": "fork"}},
        "config.yaml: squares.start_method: is start_method now; move it there",
    ),
    "missing numbers file": ({"squares": {"numbers": "n.txt"}}, "config.yaml: squares.numbers: there is no file n.txt"),
}

FILES = {
    "a site list without rows": ("url\n", {"download": {"sites": "list"}}, "list: no sites in it"),
    "a missing column": ("link\nhttp://a.test/\n", {"download": {"sites": "list"}}, "list: line 1: no column `url`"),
    "a column that is nearly one": (
        "url,latencyms\nhttp://a.test/,5\n",
        {"download": {"sites": "list"}},
        "list: line 1: there is no column `latencyms`; did you mean latency_ms?",
    ),
    "a malformed URL": (
        "url\nhttp://a.test/\nhttp:/b\n",
        {"download": {"sites": "list"}},
        "list: line 3: 'http:/b' is not a URL",
    ),
    "a bad port": (
        "url\nhttp://a.test:99999/\n",
        {"download": {"sites": "list"}},
        "list: line 2: 'http://a.test:99999/' is not a URL",
    ),
    "a bad size": (
        "url,wire_bytes\nhttp://a.test/,-5\n",
        {"download": {"sites": "list"}},
        "list: line 2: wire_bytes: '-5' is not",
    ),
    "a bad framing": (
        "url,framing\nhttp://a.test/,odd\n",
        {"download": {"sites": "list"}},
        "list: line 2: framing: 'odd' is neither",
    ),
    "a word among numbers": ("7\n8\nnine\n", {"squares": {"numbers": "list"}}, "list: line 3: 'nine' is not a whole"),
    "a fraction among numbers": ("7\n8.5\n", {"squares": {"numbers": "list"}}, "list: line 2: '8.5' is not a whole"),
    "no numbers": ("\n", {"squares": {"numbers": "list"}}, "list: no numbers in it"),
}


def refused(workflow, *arguments):
    outcome = workflow.run(*arguments)
    lines = [line for line in outcome.stdout.splitlines() if not line.startswith(("Using workflow", "Config file"))]
    assert outcome.returncode != 0
    assert len(lines) == 1, outcome.stdout
    assert not (workflow.folder / "results").exists()
    return lines[0]


@pytest.mark.parametrize(("config", "message"), CASES.values(), ids=CASES)
def test_bad_config(workflow, config, message):
    workflow.configure(config)
    assert refused(workflow).startswith(message)


@pytest.mark.parametrize(("text", "config", "message"), FILES.values(), ids=FILES)
def test_bad_file(workflow, text, config, message):
    (workflow.folder / "list").write_text(text)
    workflow.configure(config)
    assert refused(workflow).startswith(message)


def test_bad_value_on_the_command_line(workflow):
    assert "rounds: must be at least 1, not 0" in refused(workflow, "--config", "rounds=0")


def test_config_that_is_not_a_mapping(workflow):
    (workflow.folder / "config.yaml").write_text(json.dumps(["rounds"]))
    outcome = workflow.run()
    assert outcome.returncode != 0
    assert not (workflow.folder / "results").exists()
