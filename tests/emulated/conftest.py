"""A network of the test's own. Where it cannot be had, the tests are skipped, unless EMULATED_PATH=required."""

import os

import pytest

from helpers.emulated import namespaces


@pytest.fixture(autouse=True)
def _possible():
    if reason := namespaces.missing():
        if os.environ.get("EMULATED_PATH") == "required":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def own_network(_possible):
    with namespaces.own_network():
        yield
