"""Which code a rule's result depends on, as one digest: a param that runs the rule again when that code was edited.

It covers a rule's script and all that this imports, by imports of imports, within the folder scripts/. Imports are read
from the source, nothing is imported: `import a.b`, `from a import b` (b a module or not), relative ones, those within
functions, and the `__init__` of every package on the way; not those under `if TYPE_CHECKING`. What no import tells, a
module says with constants, which are read likewise:

    STARTS = ("concurrency.downloader.writer_process",)  # modules that it starts by name, as processes or by importlib
    READS = ("report.html.j2",)                          # files that it reads, relative to its own folder

What the configuration chooses (strategy files) is given beside the script. A file from outside scripts/, as that with a
user's own function, brings with it what it imports from its own folder; what it imports from elsewhere, `packages`
knows.

Digests are of tokens: comments, blank lines and line breaks within brackets change nothing, docstrings do. They do not
depend on the version of Python, nor on where the folder is. What was read of a file is remembered with its size and
time of change, so that a file is read again only when one of them differs; an edit that leaves both as they were goes
unseen.
"""

import ast
import hashlib
import importlib.util
import io
import json
import os
import sys
import tokenize
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from concurrency.files import writing

SCRIPTS = Path(__file__).parents[2]
LAYOUT = {"NEWLINE": "\n", "INDENT": "\t", "DEDENT": "\r", "NL": "", "COMMENT": "", "ENDMARKER": ""}


class _Facts(NamedTuple):
    """What one file holds, and by which stamp to tell that it still does; imports as written: `a.b`, `.b`."""

    stamp: list[int]
    digest: str
    imports: list[str]
    reads: list[str]


class Digests:
    """Digests of code, each file as it is when it is first looked at.

    `memory` is the file in which to remember; where it cannot be written, or makes no sense, files are read again.
    """

    def __init__(self, memory: Path, scripts: Path = SCRIPTS) -> None:
        self._memory, self._scripts = memory, str(scripts.resolve())
        self._stamps: dict[str, list[int]] = {}
        self._ahead: dict[tuple[str, str], list[str]] = {}
        self._reader = self._stamp(__file__)  # what another version remembered is not to be relied on
        self._known, self._learned = self._remembered(), False

    def of(self, *files: str | Path) -> str:
        """One digest of `files` and all that they depend on; a file that is not there counts as such."""
        found = {(name, self._facts(path).digest) for file in files for name, path in self.closure(file).items()}
        if self._learned:
            self._remember()
        return hashlib.sha256(json.dumps(sorted(found)).encode()).hexdigest()[:12]

    def closure(self, file: str | Path) -> dict[str, str]:
        """`file` and all that it depends on: paths, by their names in the folder at which its imports start."""
        start, base = self._start(file)
        found, ahead = {start}, [start]
        while ahead:
            new = set(self._next(ahead.pop(), base)) - found
            found |= new
            ahead += new
        return {path.removeprefix(f"{base}/"): path for path in found}

    def elsewhere(self, *files: str | Path) -> set[str]:
        """What `files` and all that they depend on import that is neither theirs nor the standard library's: the first
        parts of the names."""
        found = set()
        for file in files:
            _, base = self._start(file)
            for path in self.closure(file).values():
                folder = path.rpartition("/")[0]
                names = (name for name in self._facts(path).imports if not any(self._modules(name, folder, base)))
                found |= {name.partition(".")[0] for name in names}
        return found - sys.stdlib_module_names - {""}

    def _start(self, file: str | Path) -> tuple[str, str]:
        """The path of `file`, and the folder at which its imports start."""
        start = str(Path(file).resolve())
        return start, self._scripts if start.startswith(f"{self._scripts}/") else self._root(start)

    def _root(self, start: str) -> str:
        """The folder in which the package lies that `start` is a part of, or else its own."""
        folder = str(Path(start).parent)
        while self._stamp(f"{folder}/__init__.py"):
            folder = str(Path(folder).parent)
        return folder

    def _next(self, path: str, base: str) -> list[str]:
        """What the file at `path` depends on by itself."""
        if (path, base) not in self._ahead:
            facts, folder = self._facts(path), path.rpartition("/")[0]
            package = folder.removeprefix(base).strip("/").replace("/", ".")
            names = [*facts.imports, package] if package else facts.imports
            modules = [module for name in names for module in self._modules(name, folder, base)]
            self._ahead[path, base] = modules + [f"{folder}/{name}" for name in facts.reads]
        return self._ahead[path, base]

    def _modules(self, name: str, folder: str, base: str) -> Iterator[str]:
        """The files that are run when a file in `folder` imports `name`."""
        path = name.lstrip(".")
        above = len(name) - len(path)
        place = folder if above else base
        for _ in range(above - 1):
            place = place.rpartition("/")[0]
        for part in path.split("."):
            place = f"{place}/{part}"
            if self._stamp(f"{place}/__init__.py"):
                yield f"{place}/__init__.py"
            elif self._stamp(f"{place}.py"):
                yield f"{place}.py"
                return
            elif not self._stamp(place):
                return

    def _stamp(self, path: str) -> list[int]:
        """Size and time of change of what is at `path`; empty if there is nothing."""
        if path not in self._stamps:
            self._stamps[path] = []
            with suppress(OSError):
                found = os.stat(path)  # noqa: PTH116  (the way there by a Path takes as long again)
                self._stamps[path] = [found.st_size, found.st_mtime_ns]
        return self._stamps[path]

    def _facts(self, path: str) -> _Facts:
        known = self._known.get(path)
        if known is None or known.stamp != self._stamp(path):
            known = self._known[path] = _Facts(self._stamp(path), *_read(path))
            self._learned = True
        return known

    def _remembered(self) -> dict[str, _Facts]:
        with suppress(OSError, ValueError, TypeError, AttributeError):
            reader, files = json.loads(self._memory.read_bytes())
            if reader == self._reader:
                return {path: _Facts(*facts) for path, facts in files.items()}
        return {}

    def _remember(self) -> None:
        self._learned = False
        with suppress(OSError):
            self._memory.parent.mkdir(exist_ok=True)
            with writing(self._memory) as file:
                json.dump([self._reader, self._known], file)


def _read(path: str) -> tuple[str, list[str], list[str]]:
    """A file's digest, what it imports or starts, and what it reads; what is no Python goes by its bytes."""
    try:
        source = Path(path).read_bytes()
    except OSError:
        return "", [], []
    if path.endswith(".py"):
        # a user's may be anything; who imports it says so
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
            text = importlib.util.decode_source(source)
            tree, digest = ast.parse(text), hashlib.sha256("\0".join(_tokens(text)).encode("utf-8", "replace"))
            return digest.hexdigest(), [*_imports(tree), *_constant(tree, "STARTS")], _constant(tree, "READS")
    return hashlib.sha256(source).hexdigest(), [], []


def _tokens(text: str) -> Iterator[str]:
    """The tokens of `text`; an f-string is one, as it is up to Python 3.11."""
    lines, inside, begin = io.StringIO(text).readlines(), 0, (0, 0)
    for token in tokenize.generate_tokens(iter(lines).__next__):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):
            begin = begin if inside else token.start
            inside += 1
        elif kind.endswith("STRING_END"):
            inside -= 1
            if not inside:
                row, column = token.end
                yield "".join([*lines[begin[0] - 1 : row - 1], lines[row - 1][:column]])[begin[1] :]
        elif not inside and (word := LAYOUT.get(kind, token.string)):
            yield word


def _imports(tree: ast.Module) -> Iterator[str]:
    """The names that a module imports, wherever in it."""
    ahead: list[ast.AST] = [tree]
    while ahead:
        match ahead.pop():
            case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), orelse=rest):
                ahead += rest
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module, names, level):
                package = "." * (level or 0) + (f"{module}." if module else "")
                yield from (package + alias.name for alias in names)
            case node:
                ahead += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]


def _constant(tree: ast.Module, name: str) -> list[str]:
    """The texts in the tuple that a module assigns to `name`."""
    for statement in tree.body:
        match statement:
            case ast.Assign([ast.Name(target)], ast.Tuple(items)) if target == name:
                return [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return []
