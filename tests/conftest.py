"""What the tests share: a small configuration, and the real workflow run on it in a folder of its own."""

import copy
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from helpers.places import Places, serving
from helpers.workflows import SMALL, Workflow

settings.register_profile("tests", deadline=None, print_blob=True)  # a busy machine is no failure
settings.load_profile("tests")

# A shell that starts the tests in the background makes them ignore Ctrl-C, and what they start would ignore it, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Heavy tests run beside each other in CI, and take several times as long there."""
    for item in items:
        if item.get_closest_marker("heavy") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture
def small() -> dict:
    """The small configuration, to be changed at will."""
    return copy.deepcopy(SMALL)


@pytest.fixture
def workflow(tmp_path: Path, small: dict) -> Workflow:
    """A fresh copy of the workflow with the small configuration."""
    fresh = Workflow(tmp_path / "workflow")
    fresh.install()
    fresh.configure(small)
    return fresh


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """The workflow after one full run of the small configuration; not to be changed."""
    done = Workflow(tmp_path_factory.mktemp("finished") / "workflow")
    done.install()
    done.configure(SMALL)
    outcome = done.run()
    assert outcome.returncode == 0, outcome.stdout
    return done


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """A server of faults, on many ports."""
    with serving(tmp_path_factory.mktemp("authority")) as here:
        yield here
