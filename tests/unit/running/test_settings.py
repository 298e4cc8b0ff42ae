"""The configuration: what is written in other ways means the same."""

import pytest

from concurrency.errors import UserError
from concurrency.planning import plan
from concurrency.running import reading
from concurrency.running.config import ROOT, SCHEMA, complete
from concurrency.running.settings import resolve
from concurrency.workloads.known import ONE_WORK
from concurrency.workloads.squares import numbers


@pytest.mark.parametrize("as_written", [float, str], ids=["as a float", "as text, from --config"])
def test_whole_numbers_are_whole(as_written):
    def number(n):
        return as_written(float(n))

    given = {
        "squares": {
            "numbers": {"start": number(10**6), "count": number(3)},
            "strategies": [{"process_pool": {"workers": number(2), "chunksize": [number(4)]}}],
        },
        "download": {"limits": {"max_bytes": number(10**8)}},
        "measure_items": number(100),
    }
    settings = resolve(given)
    assert numbers.read(settings.squares.items) == [10**6, 10**6 + 1, 10**6 + 2]
    arm = settings.squares.arms[-1]
    for whole in (settings.download.limits["max_bytes"], settings.measure_items, arm.workers, arm.options["chunksize"]):
        assert type(whole) is int


def test_the_shipped_configuration_has_every_key_at_its_default():
    shipped = reading.read(ROOT / "config.yaml", "config.yaml")
    assert shipped.keys() == SCHEMA["properties"].keys() - set(ONE_WORK) - {"coroutine"}
    assert complete(shipped) == complete({})


def test_fractions_stay_fractions():
    assert resolve({"precision": "0.05", "squares": {"timeout_s": 2.5}}).precision == 0.05
    with pytest.raises(UserError, match=r"^config\.yaml: measure_items: expected a whole number, not 1\.5$"):
        resolve({"measure_items": 1.5})


def test_text_that_looks_like_a_number_is_text_where_text_is_wanted():
    hosts = [{"name": "1", "partition": "2080"}, {"name": "old", "constraint": "null"}]
    assert resolve({"hosts": hosts}).hosts == {"1": {"partition": "2080"}, "old": {"constraint": "null"}}
    with pytest.raises(UserError, match=r"partition: expected text, not 2080$"):
        resolve({"hosts": [{"name": "new", "partition": 2080}]})


def test_what_the_command_line_gives_as_text_is_no_text():
    settings = resolve({"explain": "false", "squares": {"shards": "8"}, "start_method": "null"})
    assert (settings.explain, settings.squares.shards) == (False, 8)
    assert settings.start_method is None


def test_a_deadline_that_no_sample_can_meet_is_told_beforehand(tmp_path):
    (tmp_path / "sites.csv").write_text("url,wire_bytes,latency_ms\nhttp://a.test/,100,1500\nhttp://b.test/,100,1500\n")
    sites = str(tmp_path / "sites.csv")
    told = [
        plan.describe(
            {"download": 1},
            resolve({"download": {"sites": sites, "timeout_s": s}, "squares": {"numbers": []}}),
            cores=2,
        )
        for s in (2, 4)
    ]
    assert told[0].endswith(" A sample needs 3 s, but download.timeout_s is 2: raise it.")
    assert "timeout_s" not in told[1]
