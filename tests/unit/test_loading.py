"""The user's own code, wherever it lies and whatever its file is called, is found by every process."""

import subprocess
import sys
from pathlib import Path

import pytest

from concurrency.errors import UserError

PROGRAM = """
import multiprocessing, pickle, sys
from concurrent.futures import ProcessPoolExecutor
from concurrency.errors import UserError
from concurrency.loading import Own, load

try:
    load(sys.argv[1])
except UserError as error:
    sys.exit(str(error))
if __name__ == "__main__":
    with ProcessPoolExecutor(1, multiprocessing.get_context(sys.argv[2])) as pool:
        print(list(pool.map(Own(sys.argv[1]), [1, 2])), Own(sys.argv[1])(3))
"""


def called(folder: Path, place: str, start_method: str = "spawn") -> str:
    """What a function gives in a process of a pool and in this one, for 1, 2 and 3; or what is said of it."""
    (folder / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-P", folder / "program.py", place, start_method],
        capture_output=True, text=True, check=False, cwd=folder,
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), "PATH": ""},
    )  # fmt: skip
    return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


DOUBLE = "def f(n):\n    return 2 * n\n"
GOOD = {
    "a plain file": ("work.py:f", {"work.py": DOUBLE}),
    "a name that is none": ("my work.v2.py:f", {"my work.v2.py": DOUBLE}),
    "named like a module of Python": ("statistics.py:f", {"statistics.py": DOUBLE}),
    "named like one that is imported": ("json.py:f", {"json.py": DOUBLE}),
    "a sibling named like an installed package": (
        "work.py:f", {"work.py": "from yaml import two\n\ndef f(n):\n    return two * n\n", "yaml.py": "two = 2\n"},
    ),
    "a part of a package": (
        "a/b/work.py:f",
        {
            "a/__init__.py": "", "a/b/__init__.py": "", "a/two.py": "two = 2\n",
            "a/b/work.py": "from ..two import two\nfrom a.two import two as same\n\ndef f(n):\n    return two * n\n",
        },
    ),
    "a partial": ("work.py:g", {"work.py": f"from functools import partial\n\n{DOUBLE}\ng = partial(f)\n"}),
    "a lambda": ("work.py:g", {"work.py": "g = lambda n: 2 * n\n"}),
    "an object": ("work.py:g", {"work.py": "class C:\n    def __call__(self, n):\n        return 2 * n\n\ng = C()\n"}),
    "a method": ("work.py:c.f", {"work.py": "class C:\n    def f(self, n):\n        return 2 * n\n\nc = C()\n"}),
    "a built-in": ("work.py:g", {"work.py": "import operator\n\ng = (2).__mul__\n"}),
}  # fmt: skip


@pytest.mark.parametrize("start_method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("case", GOOD)
def test_whatever_it_is(tmp_path, case, start_method):
    place, files = GOOD[case]
    write(tmp_path, files)
    assert called(tmp_path, place, start_method) == "[2, 4] 6"


BAD = {
    "no such file": ("work.py:f", {}, "work.py: there is no such file"),
    "no such name": ("work.py:g", {"work.py": DOUBLE}, "work.py: there is no g in it"),
    "no such method": ("work.py:f.g", {"work.py": DOUBLE}, "work.py: there is no f.g in it"),
    "no Python": ("work.py:f", {"work.py": "def f(n: return"}, "work.py: cannot be imported: SyntaxError: "),
    "it raises": ("work.py:f", {"work.py": "1 / 0"}, "work.py: cannot be imported: ZeroDivisionError: "),
    "it leaves": ("work.py:f", {"work.py": "import sys\nsys.exit(0)"}, "work.py: cannot be imported: SystemExit: 0"),
    "an import": ("work.py:f", {"work.py": "import nothing"}, "work.py: cannot be imported: ModuleNotFoundError: "),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_good_is_one_line(tmp_path, case):
    place, files, message = BAD[case]
    write(tmp_path, files)
    said = called(tmp_path, place)
    assert message in said
    assert "\n" not in said


def test_two_files_of_one_name_in_one_process(tmp_path):
    write(tmp_path, {"a/work.py": DOUBLE, "b/work.py": DOUBLE.replace("2", "3")})
    program = (
        "from concurrency.loading import load\n"
        "print(load('a/work.py:f')(1), load('b/work.py:f')(1), load('a/work.py:f')(2))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )  # fmt: skip
    assert done.stdout == "2 3 4\n"


def test_load_raises_what_a_user_can_put_right(tmp_path):
    from concurrency.loading import load  # noqa: PLC0415  (in this process only this once)

    with pytest.raises(UserError, match="there is no such file"):
        load(f"{tmp_path}/nothing.py:f")
