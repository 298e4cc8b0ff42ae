"""Any configuration that the schema allows can be run, and whatever happens to one of its keys is told, or is no harm."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concurrency.errors import UserError
from concurrency.planning import plan
from concurrency.running.config import ONE_WORK, SCHEMA, complete
from concurrency.running.settings import resolve
from helpers import configs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the configurations name."""
    made = tmp_path_factory.mktemp("any")
    for name, text in configs.FILES.items():
        (made / name).write_text(text)
    (made / "a.txt").write_text("")
    return made


@pytest.fixture(autouse=True)
def there(folder, monkeypatch):
    monkeypatch.chdir(folder)


fixed_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)


@fixed_folder
@given(configs.valid())
def test_any_valid_configuration_can_be_planned(config):
    known = resolve(config)
    rounds = {name: known.rounds for name, work in known.works.items() if work.arms}
    assert plan.describe(rounds, known, cores=2).startswith("Measuring") or any(
        work.is_screened for work in known.works.values()
    )


@settings(fixed_folder, max_examples=300)
@given(configs.valid().filter(bool), st.sampled_from(list(configs.MUTATIONS)), st.data())
def test_a_change_of_one_key_is_refused_by_its_name_or_changes_nothing_else(config, mutation, data):
    path = data.draw(st.sampled_from(list(configs.keys(config))))
    changed = configs.MUTATIONS[mutation](config, path)
    before = complete(config)[0]
    try:
        resolve(changed)
    except UserError as error:
        said = str(error)
        assert "\n" not in said
        assert path[-1] in said
        return
    after = complete(changed)[0]
    assert configs.without(after, path) == configs.without(before, path)
    if mutation == "misspelt":  # of what may have any name
        assert path[:-1] == ("works",)


def test_every_key_is_among_them():
    seen = set()

    @settings(max_examples=200, database=None, derandomize=True)
    @given(configs.valid())
    def look(config):
        seen.update(tuple("*" if key.startswith("own_") else key for key in path) for path in configs.keys(config))

    look()
    assert seen >= {(key, *below) for key, rule in SCHEMA["properties"].items() for below in [(), *((inner,) for inner in rule.get("properties", {}))]} - {("squares", "numbers")}
