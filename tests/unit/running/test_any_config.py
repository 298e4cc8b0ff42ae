"""Any configuration that the schema allows can be run; what happens to one of its keys is told, or does no harm."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concurrency.errors import UserError
from concurrency.planning import plan
from concurrency.running.config import complete
from concurrency.running.settings import resolve
from helpers import configs


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """The working directory, with what the configurations name."""
    before = Path.cwd()
    os.chdir(made := tmp_path_factory.mktemp("any"))
    for name, text in configs.FILES.items():
        (made / name).write_text(text)
    yield
    os.chdir(before)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(configs.valid(), configs.valid(every=True)))
def test_any_valid_configuration_can_be_planned(config):
    known = resolve(config)
    rounds = {name: known.rounds for name, work in known.works.items() if work.arms}
    assert plan.describe(rounds, known, cores=2).startswith("Measuring ")


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
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
    if mutation == "misspelt":
        assert path[:-1] == ("works",)  # where any name is right
    else:
        assert configs.without(complete(changed)[0], path) == configs.without(before, path)
