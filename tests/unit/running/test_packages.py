"""Packages that code depends on: by which versions they are known, and what is said of those that changed."""

import importlib.metadata
import os
import sys

import pytest

from concurrency.running import packages
from concurrency.running.packages import KEY, Packages, why


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder that is searched for packages, and what puts one there: its name, version, and the module it brings."""
    monkeypatch.syspath_prepend(folder := tmp_path / "site")
    folder.mkdir()

    def install(name, version, module):
        facts = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        facts.mkdir()
        (folder / f"{module}.py").touch()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (facts / "RECORD").write_text(f"{module}.py,,\n")

    install("named-alike", "1.0", "named_alike")
    install("other-name", "2.0", "module")
    (folder / "loose.py").touch()
    return install


@pytest.fixture
def known(tmp_path):
    """The versions of what is imported, or needed, as a new process finds them."""

    def versions(imported=(), needed=()):
        packages._version.cache_clear()
        return Packages(tmp_path / "state/packages.json").param(imported, needed)[KEY]

    return versions


def test_by_which_versions_packages_are_known(site, known):
    names = ["named_alike", "module", "loose", "nowhere"]
    expected = {"loose": "of no version", "named_alike": "1.0", "nowhere": "absent", "other-name": "2.0"}
    assert known(names) == expected
    assert list(known(reversed(names))) == sorted(expected)  # as text, too, it is the same
    assert known(needed=["other-name", "nowhere"]) == {"nowhere": "absent", "other-name": "2.0"}
    assert known(["pytest"]) == {"pytest": importlib.metadata.version("pytest")}


def test_every_package_is_looked_at_only_after_one_came_or_went(site, known, tmp_path, monkeypatch):
    looks, real = [], packages.packages_distributions
    monkeypatch.setattr(packages, "packages_distributions", lambda: (looks.append(1), real())[1])
    assert known(["named_alike", "nowhere"]) == {"named_alike": "1.0", "nowhere": "absent"}
    assert len(looks) == 0
    for _ in range(2):
        assert known(["module"]) == {"other-name": "2.0"}
        assert len(looks) == 1
    site("third-name", "3.0", "loose")
    os.utime(tmp_path / "site", ns=(1, 1))  # clocks of files may stand still for some milliseconds
    sys.path_importer_cache.clear()
    assert known(["loose"]) == {"third-name": "3.0"}
    assert len(looks) == 2
    (tmp_path / "state/packages.json").write_text("{")
    assert known(["loose"]) == {"third-name": "3.0"}


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({"pillow": "11.2"}, {"pillow": "11.3"}, "pillow 11.2 → 11.3"),
        ({"a": "1", "b": "absent", "c": "3"}, {"a": "2", "b": "1", "c": "3", "d": "4"}, "a 1 → 2, b absent → 1"),
        ({"helper": "absent"}, {}, "helper absent → there"),
        ({"numpy": "2"}, {"numpy": "absent"}, "numpy 2 → absent"),
        ({"pillow": "11.2"}, {"PIL": "absent"}, "PIL absent"),
        ({"numpy": "2"}, {"pandas": "3"}, "its code or its settings have changed"),
        ({}, {}, "its code or its settings have changed"),
    ],
)
def test_what_is_said_of_what_changed(before, now, told):
    params = ["'3fa85f64'", "{'start_method': None}", "[{'kind': 'Own'}]"]
    assert why([*params, repr({KEY: before})], [repr({KEY: now}), "'c0ffee'"]) == told


def test_a_run_of_an_earlier_version_knows_nothing_of_packages():
    assert why(["'3fa85f64'"], [repr({KEY: {"numpy": "2"}})]) == "its code or its settings have changed"
