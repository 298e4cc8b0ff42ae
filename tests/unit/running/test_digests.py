"""Digests of code: what changes them, what does not, and what is remembered."""

import ast
import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from concurrency.running import digests
from concurrency.running.digests import SCRIPTS, Digests

RULES = sorted(SCRIPTS.glob("*.py"))
LIBRARY = sorted(SCRIPTS.glob("concurrency/**/*.py"))

# A rule's script and a library, by file; what they say is changed by the tests.
FILES = {
    "rule.py": "from lib import used\n\ndef main():\n    return used.answer()\n",
    "lib/__init__.py": "",
    "lib/used.py": "from lib.inner import deep\n\ndef answer():\n    return deep.VALUE\n",
    "lib/unused.py": "VALUE = 1\n",
    "lib/inner/__init__.py": "",
    "lib/inner/deep.py": "VALUE = 1\n",
    "lib/inner/other.py": "VALUE = 1\n",
    "lib/page.html": "<p>\n",
}


_times = itertools.count(10**18, 10**9)


def write(path, text):
    """Write the file, at a time of its own: clocks of files may stand still for some milliseconds."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, ns=(next(_times),) * 2)


@pytest.fixture
def scripts(tmp_path):
    """A folder with FILES."""
    for name, text in FILES.items():
        (tmp_path / "scripts" / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / "scripts" / name, text)
    return tmp_path / "scripts"


def look(scripts, *files):
    """The digest of rule.py and `files`, as a new process finds it."""
    return Digests(scripts.parent / "state/digests.json", scripts).of(scripts / "rule.py", *files)


def names(scripts, file="rule.py"):
    return set(Digests(scripts.parent / "state/digests.json", scripts).closure(scripts / file))


def prepend(path, text):
    write(path, text + path.read_text())


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("rule.py", "from lib import used\n\n\ndef main():  # as it was\n    return used.answer(\n    )\n"),
        ("rule.py", "# first\nfrom lib import used\n\ndef main():\n  # ours\n  return used.answer()"),
        ("rule.py", "from lib import used\r\ndef main():\r\n\treturn used.answer()\r\n"),
        ("lib/inner/deep.py", "# a value\n\nVALUE = 1  # one\n"),
        ("lib/inner/deep.py", "VALUE = \\\n    1"),
        ("lib/unused.py", "VALUE = 2\n"),
        ("lib/page.html", "<b>\n"),
    ],
)
def test_what_does_nothing_changes_nothing(scripts, file, text):
    before = look(scripts)
    write(scripts / file, text)
    assert look(scripts) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("rule.py", "from lib import used\n\ndef main():\n    return used.answer\n"),
        ("rule.py", "from lib import used\n\ndef main():\n    pass\nreturn used.answer()\n"),
        ("lib/inner/deep.py", "VALUE = 2\n"),
        ("lib/inner/deep.py", '"""Deep."""\nVALUE = 1\n'),
        ("lib/inner/deep.py", "VALUE = '#'\n"),
        ("lib/inner/__init__.py", "import sys\n"),
        ("lib/__init__.py", "import sys\n"),
    ],
)
def test_what_does_something_changes_the_digest(scripts, file, text):
    before = look(scripts)
    write(scripts / file, text)
    assert look(scripts) != before


@pytest.mark.parametrize("quote", ["'", "'''"])
@pytest.mark.parametrize("text", ["{a}  b", "{a!r:>{width}}", "é{f'{a}' + \"#\"}#", "{{a}}"])
def test_within_an_f_string_every_character_counts(scripts, quote, text):
    file = scripts / "lib/inner/deep.py"
    seen = set()
    for change in (text, text + " ", f" {text}", text.replace("a", "b"), text.replace("#", "# ")):
        write(file, f"VALUE = lambda a, b, width: f{quote}{change}{quote}\n")
        seen.add(look(scripts))
    assert len(seen) == 4 + ("#" in text)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("import lib.unused", {"lib/unused.py"}),
        ("import lib.unused as it, os.path", {"lib/unused.py"}),
        ("from lib.unused import VALUE", {"lib/unused.py"}),
        ("from lib import unused, inner", {"lib/unused.py"}),
        ("from . import unused", {"lib/unused.py"}),
        ("from .unused import VALUE as it", {"lib/unused.py"}),
        ("from .inner import other", {"lib/inner/other.py"}),
        ("from .inner.other import *", {"lib/inner/other.py"}),
        ("async def later():\n    with open() as f:\n        from lib import unused", {"lib/unused.py"}),
        ("try:\n    pass\nexcept ImportError:\n    import lib.unused", {"lib/unused.py"}),
        ("match 1:\n    case 1:\n        import lib.unused", {"lib/unused.py"}),
        ("if TYPE_CHECKING:\n    import lib.unused", set()),
        ("if typing.TYPE_CHECKING:\n    import lib.unused\nelse:\n    import lib.inner.other", {"lib/inner/other.py"}),
        ("STARTS = ('lib.unused',)", {"lib/unused.py"}),
        ("STARTS = ('lib.inner.other', 'lib.unused')", {"lib/unused.py", "lib/inner/other.py"}),
        ("READS = ('page.html', 'inner/absent.txt')", {"lib/page.html", "lib/inner/absent.txt"}),
        ("def f():\n    STARTS = ('lib.unused',)", set()),
        ("import unused, numpy, lib.nothing.at_all", set()),
    ],
)
def test_what_a_module_depends_on(scripts, statement, found):
    before = names(scripts)
    assert before == {"rule.py", "lib/__init__.py", "lib/used.py", "lib/inner/__init__.py", "lib/inner/deep.py"}
    prepend(scripts / "lib/used.py", f"{statement}\n")
    assert names(scripts) == before | found


def test_a_relative_import_from_further_up(scripts):
    write(scripts / "lib/inner/deep.py", "from .. import unused\nfrom . import other\n")
    assert {"lib/unused.py", "lib/inner/other.py"} <= names(scripts)


def test_modules_that_import_each_other(scripts):
    write(scripts / "lib/inner/deep.py", "import lib.used\nVALUE = 1\n")
    assert "lib/used.py" in names(scripts)


def test_a_file_that_is_read_goes_by_its_bytes_and_may_come_and_go(scripts):
    prepend(scripts / "lib/used.py", "READS = ('page.html',)\n")
    first = look(scripts)
    write(scripts / "lib/page.html", "<p>  \n")
    second = look(scripts)
    (scripts / "lib/page.html").unlink()
    assert len({first, second, look(scripts)}) == 3


def test_a_module_that_is_removed(scripts):
    before = look(scripts)
    (scripts / "lib/inner/deep.py").unlink()
    assert look(scripts) != before
    assert "lib/inner/deep.py" not in names(scripts)


def test_further_files_bring_what_they_and_their_packages_import(scripts):
    write(scripts / "lib/inner/__init__.py", "import lib.unused\n")
    before = look(scripts, scripts / "lib/inner/other.py")
    assert names(scripts, "lib/inner/other.py") >= {"lib/inner/other.py", "lib/__init__.py", "lib/unused.py"}
    write(scripts / "lib/unused.py", "VALUE = 2\n")
    assert look(scripts, scripts / "lib/inner/other.py") != before


def test_a_users_file_is_followed_within_its_own_folder(scripts, tmp_path):
    own = tmp_path / "mine/work.py"
    own.parent.mkdir()
    write(own, "import helper, numpy, lib.unused\nfrom parts import cube\n")
    write(own.parent / "helper.py", "VALUE = 1\n")
    (own.parent / "parts").mkdir()  # a folder without an __init__ can be imported, too
    write(own.parent / "parts/cube.py", "VALUE = 1\n")
    before = look(scripts, own)
    write(scripts / "lib/unused.py", "VALUE = 2\n")
    assert look(scripts, own) == before
    write(own.parent / "parts/cube.py", "VALUE = 2\n")
    after = look(scripts, own)
    write(own.parent / "helper.py", "VALUE = 2\n")
    assert len({before, after, look(scripts, own)}) == 3


def test_what_a_users_files_import_from_elsewhere(scripts, tmp_path):
    own = tmp_path / "mine/work.py"
    (own.parent / "parts").mkdir(parents=True)
    write(own, "import helper, numpy.linalg, os.path\nfrom parts import cube\nfrom . import beside, missing\n")
    write(own.parent / "beside.py", "def f():\n    from PIL import Image\n")
    write(own.parent / "helper.py", "if TYPE_CHECKING:\n    import pandas\nimport nothing, sys\n")
    write(own.parent / "parts/cube.py", "import helper\n")
    known = Digests(scripts.parent / "state/digests.json", scripts)
    assert known.elsewhere(own) == {"numpy", "PIL", "nothing"}
    assert known.elsewhere(own.parent / "parts/cube.py", own.parent / "beside.py") == {"helper", "PIL"}
    assert known.elsewhere() == set()


@pytest.mark.parametrize("text", [b"def f(:\n", b"x = 'open\n", b"\xff\xfe", b"a\0b", b"  x = 1\n y = 2\n"])
def test_a_users_file_that_is_no_python_goes_by_its_bytes(scripts, tmp_path, text):
    own = tmp_path / "work.py"
    write(own, text)
    before = look(scripts, own)
    write(own, text + b"# more\n")
    assert look(scripts, own) != before


def test_a_digest_does_not_depend_on_the_place(scripts, tmp_path):
    before = look(scripts)
    assert look(scripts.rename(tmp_path / "elsewhere")) == before
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert look(tmp_path / "link") == before


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are read."""
    found, real = [], digests._read
    monkeypatch.setattr(digests, "_read", lambda path: (found.append(Path(path).name), real(path))[1])
    return found


def test_a_file_is_read_again_only_when_it_was_changed(scripts, read):
    before = look(scripts)
    assert sorted(read) == ["__init__.py", "__init__.py", "deep.py", "rule.py", "used.py"]
    read.clear()
    assert look(scripts) == before
    assert read == []
    os.utime(scripts / "lib/used.py", ns=(1, 1))  # touched
    assert look(scripts) == before
    assert read == ["used.py"]
    assert look(scripts) == before
    assert read == ["used.py"]


def test_the_known_limit_an_edit_that_leaves_size_and_time_goes_unseen(scripts):
    file, before = scripts / "lib/inner/deep.py", look(scripts)
    at = file.stat().st_mtime_ns
    write(file, "VALUE = 2\n")
    os.utime(file, ns=(at, at))
    assert look(scripts) == before
    os.utime(file, ns=(at + 1, at + 1))
    assert look(scripts) != before


@pytest.mark.parametrize(
    "text", ["", "[", "null", "7", "[1, {}]", '["x", "y", "z"]', "[[1, 2], {}]", b"\xff", "READER, []", "READER, [[]]"]
)
def test_a_memory_that_makes_no_sense_is_made_anew(scripts, read, text):
    before = look(scripts)
    memory = scripts.parent / "state/digests.json"
    good = json.loads(memory.read_text())
    if isinstance(text, str):
        text = text.replace("READER", f"[{json.dumps(good[0])}") + "]" * text.startswith("READER")
    write(memory, text)
    read.clear()
    assert look(scripts) == before
    assert len(read) == 5
    assert json.loads(memory.read_text()) == good
    assert [file.name for file in memory.parent.iterdir()] == ["digests.json"]


def test_what_another_version_remembered_is_not_relied_on(scripts, read, monkeypatch, tmp_path):
    before = look(scripts)
    write(tmp_path / "digests.py", "")
    monkeypatch.setattr(digests, "__file__", str(tmp_path / "digests.py"))
    read.clear()
    assert look(scripts) == before
    assert len(read) == 5


def test_where_nothing_can_be_remembered_digests_are_the_same(scripts):
    before = look(scripts)
    write(scripts.parent / "file", "")
    for memory in (scripts.parent / "file/digests.json", scripts.parent / "a/b/digests.json", scripts.parent):
        assert Digests(memory, scripts).of(scripts / "rule.py") == before


def test_every_module_that_is_started_by_its_name_is_known():
    known = Digests(Path("/nowhere/digests.json"))
    started = 0
    for path in LIBRARY:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.List):
                words = [item.value if isinstance(item, ast.Constant) else None for item in node.elts]
                if "-m" in words:
                    name = words[words.index("-m") + 1]
                    files = [name] if name else digests._constant(ast.parse(path.read_text(encoding="utf-8")), "STARTS")
                    for file in (f"{one.replace('.', '/')}.py" for one in files):
                        assert file in known.closure(path), f"{path}: STARTS should name {file}"
                    assert files, f"{path}: STARTS should name what is started"
                    started += 1
    assert started >= 5


def test_what_the_library_says_it_starts_and_reads_is_there():
    known = Digests(Path("/nowhere/digests.json"))
    for path in [*RULES, *LIBRARY]:
        assert all(Path(file).exists() for file in known.closure(path).values())
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name in digests._constant(tree, "STARTS"):
            assert f"{name.replace('.', '/')}.py" in known.closure(path)


def test_import_linter_finds_the_same_imports():
    grimp = pytest.importorskip("grimp")
    files = {_module(path): path for path in LIBRARY}
    graph = grimp.build_graph("concurrency", exclude_type_checking_imports=True, cache_dir=None)
    assert graph.modules == set(files)
    for name, path in files.items():
        if "." in name:  # importing a module runs the packages that it is in
            graph.add_import(importer=name, imported=name.rpartition(".")[0])
        for started in digests._constant(ast.parse(path.read_text(encoding="utf-8")), "STARTS"):
            graph.add_import(importer=name, imported=started)
    known = Digests(Path("/nowhere/digests.json"))
    for name, path in files.items():
        ours = {_module(Path(file)) for file in known.closure(path).values() if file.endswith(".py")}
        assert ours == {name} | graph.find_upstream_modules(name)


def _module(path):
    """The name by which the library's file at `path` is imported."""
    return ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")


def test_the_rules_depend_on_what_they_should():
    known = Digests(Path("/nowhere/digests.json"))
    measure = set(known.closure(SCRIPTS / "measure.py"))
    assert {"concurrency/measuring/sample.py", "concurrency/workloads/download/replay/server.py"} <= measure
    assert not any(name.startswith(("concurrency/showing/", "concurrency/deciding/")) for name in measure)
    assert any(name.startswith("concurrency/downloader/writer") for name in known.closure(SCRIPTS / "download.py"))
    assert "concurrency/showing/report.html.j2" in known.closure(SCRIPTS / "report.py")


@pytest.mark.parametrize(
    ("rule", "edited", "is_run_again"),
    [
        ("survey", "deciding/words", False),
        ("survey", "deciding/inference", True),
        *((rule, f"measuring/{name}", False) for rule in ("measure", "screen") for name in ("on_cores", "watching")),
        *(("timeline", f"measuring/{name}", True) for name in ("on_cores", "watching")),
    ],
)
def test_an_edit_runs_again_only_what_it_may_change(rule, edited, is_run_again, tmp_path):
    """Of what is written, nothing that was measured; of what traces, no timed sample."""
    scripts = shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    memory = tmp_path / "digests.json"
    before = Digests(memory, scripts).of(scripts / f"{rule}.py")
    prepend(scripts / f"concurrency/{edited}.py", "EDITED = True\n")
    assert (Digests(memory, scripts).of(scripts / f"{rule}.py") != before) == is_run_again
