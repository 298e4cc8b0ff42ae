"""The strategies: one file each, in the folder of its workload, found by its file name.

A strategy file holds

- a docstring whose first line says what it does (the report quotes it);
- `RANK`, its place in simplicity: on a tie the lower rank is recommended;
- `ONE_WORKER = True` if it works in one thread whatever it is given (otherwise: leave it out);
- `ONE_GIL = True` if its workers are threads that share one GIL (of squares; otherwise: leave it out);
- `NEEDS`, the packages that must be installed for it (none: leave it out);
- `INSTALL`, the command that installs them, where it is more than `pip install` and their names;
- `PYTHON`, the first version of Python that has it, as (major, minor) (any: leave it out);
- `OPTIONS`, a JSON schema for each option it takes, with a default (none: leave it out);
- `start(workers, **options)`, a context manager that yields `run`. Entering it starts every worker and waits until
  all are awake; calling `run` does the work; leaving it cleans up.
      download: `run(urls) -> [(status, bytes of body read), …]`; a transfer that failed is `(0, 0)`
      squares:  `run(task, items) -> [task.function(item), …]`
  Results come in input order. A strategy that starts processes takes them from `multiprocessing.get_context()`: the
  start method is the campaign's.

`algorithms` holds other ways to the same sums, in the same form: what to try before any concurrency. They are measured
beside the squares strategies, but are none: they compete with no strategy and are never recommended as one.

The facts are read from the source without importing it, so that listing strategies needs none of their packages.
"""

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from concurrency.errors import UserError

FOLDER = Path(__file__).parent
FACTS = ("RANK", "ONE_WORKER", "ONE_GIL", "NEEDS", "INSTALL", "PYTHON", "OPTIONS")
FOLDERS = {"download": ("download",), "squares": ("squares", "algorithms")}


@dataclass(frozen=True)
class Strategy:
    """What a strategy file says of itself."""

    name: str
    path: Path
    summary: str
    rank: int
    one_worker: bool = False
    one_gil: bool = False
    needs: tuple[str, ...] = ()
    install: str = ""
    python: tuple[int, ...] = ()
    options: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def defaults(self) -> dict[str, Any]:
        """The value of each option that is used where none is given."""
        return {name: schema["default"] for name, schema in self.options.items()}

    @property
    def is_algorithm(self) -> bool:
        """Whether it computes the same in another way, instead of the same work concurrently."""
        return self.path.parent.name == "algorithms"

    def computes_in_one_thread(self, gil: bool) -> bool:
        """Whether only one of its workers computes at any moment, in an interpreter with or without a `gil`."""
        return self.one_worker or (gil and self.one_gil)

    @property
    def module(self) -> str:
        """The name to import it by."""
        return f"{__name__}.{self.path.parent.name}.{self.name}"

    @property
    def missing(self) -> str:
        """Why this interpreter cannot run it, with the command that helps; empty if it can."""
        if sys.version_info < self.python:
            return f"needs Python {'.'.join(map(str, self.python))}"
        absent = [package for package in self.needs if not _is_installed(package)]
        return f"not installed: {self.installation(absent)}" if absent else ""

    def installation(self, absent: Sequence[str], pip: str = "pip") -> str:
        """The command that installs `absent`, which are packages it needs."""
        return (self.install or f"pip install {' '.join(absent)}").replace("pip install", f"{pip} install")


@cache
def catalogue(workload: str) -> dict[str, Strategy]:
    """Every strategy of `workload` (`download` or `squares`) by name, simplest first; then the algorithms.

    Raises UserError for a file that does not say what it must.
    """
    found = [_describe(path) for folder in FOLDERS[workload] for path in (FOLDER / folder).glob("[!_]*.py")]
    return {strategy.name: strategy for strategy in sorted(found, key=_simplest_first)}


def algorithms(workload: str) -> list[str]:
    """The names of those that are algorithms and compete with no strategy."""
    return [name for name, strategy in catalogue(workload).items() if strategy.is_algorithm]


def _simplest_first(strategy: Strategy) -> tuple[bool, int, str]:
    return strategy.is_algorithm, strategy.rank, strategy.name


def _is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _describe(path: Path) -> Strategy:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), path.name)
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as Python: {error}") from error
    facts = _facts(tree, path)
    if not isinstance(facts.get("RANK"), int):
        raise UserError(f"{path}: RANK: say how simple it is with a whole number, such as RANK = 3")
    options = facts.get("OPTIONS", {})
    for name, schema in options.items():
        if "default" not in schema:
            raise UserError(f"{path}: OPTIONS: {name}: give it a default")
    return Strategy(
        name=path.stem,
        path=path,
        summary=(ast.get_docstring(tree) or "").partition("\n")[0],
        rank=facts["RANK"],
        one_worker=facts.get("ONE_WORKER", False),
        one_gil=facts.get("ONE_GIL", False),
        needs=tuple(facts.get("NEEDS", ())),
        install=facts.get("INSTALL", ""),
        python=tuple(facts.get("PYTHON", ())),
        options=options,
    )


def _facts(tree: ast.Module, path: Path) -> dict[str, Any]:
    """What the file at `path`, parsed as `tree`, assigns to the names in `FACTS`."""
    facts = {}
    for statement in tree.body:
        match statement:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), value=ast.expr() as value):
                if name in FACTS:
                    try:
                        facts[name] = ast.literal_eval(value)
                    except ValueError as error:
                        raise UserError(
                            f"{path}: {name}: write its value out, as it is read without running the file"
                        ) from error
    return facts
