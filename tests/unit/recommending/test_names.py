"""What the script of a work is called."""

import pytest

from concurrency.recommending.names import by_module, module_name
from concurrency.workloads.download.workload import Download
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares.workload import Squares


def test_like_the_work():
    assert module_name(Download([])) == "download"
    assert module_name(Squares([])) == "squares"
    assert module_name(Own([], name="thumbnails")) == "thumbnails"
    assert module_name(Own([], name="my-thumbnails")) == "my-thumbnails"


@pytest.mark.parametrize("name", ["queue", "json", "requests", "aiohttp"])
def test_not_like_a_module_that_might_be_meant(name):
    assert module_name(Own([], name=name)) == f"{name}_script"


@pytest.mark.parametrize("beside", ["helpers.py", "helpers/__init__.py"])
def test_not_like_what_lies_beside_the_users_function(tmp_path, beside):
    (tmp_path / beside).parent.mkdir(exist_ok=True)
    (tmp_path / beside).touch()
    (tmp_path / "work.py").touch()
    own = Own([], name="helpers", function=f"{tmp_path}/work.py:f")
    assert module_name(own) == "helpers_script"
    assert module_name(Own([], name="work", function=f"{tmp_path}/work.py:f")) == "work_script"


def test_no_two_works_share_a_script():
    works = [Own([], name=name) for name in ("json", "json_script", "other")]
    assert by_module(works) == {"json_script": "json", "json_script_": "json_script", "other": "other"}
