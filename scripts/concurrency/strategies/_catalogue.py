"""What strategy files say of themselves, read from their source without running it."""

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
PACKAGES = FOLDER.parents[1]
BASELINE = "sequential"
VALUES = {
    "RUNS": ("function", "coroutine"),
    "SHARES": ("thread", "loop", "gil"),
    "THEN": ("threads", "processes"),  # where it runs what comes `then`; it takes only a work that has such a stage
}
FACTS = ("RANK", *VALUES, "NEEDS", "INSTALL", "PYTHON", "OPTIONS")


@dataclass(frozen=True)
class Strategy:
    """What a strategy file says of itself."""

    name: str
    path: Path
    summary: str
    rank: int
    runs: str = ""
    shares: str = ""
    then: str = ""
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

    @property
    def is_baseline(self) -> bool:
        """Whether it is what all others are held against; it takes any form of a work."""
        return self.name == BASELINE

    def computes_in_one_thread(self, gil: bool) -> bool:
        """Whether only one of its workers computes at any moment, in an interpreter with or without a `gil`."""
        return self.shares in ("thread", "loop") or (gil and self.shares == "gil")

    @property
    def module(self) -> str:
        """The name to import it by."""
        return ".".join(self.path.relative_to(PACKAGES).with_suffix("").parts)

    @property
    def missing(self) -> str:
        """Why this interpreter cannot run it, with the command that helps; empty if it can."""
        if sys.version_info < self.python:
            return f"needs Python {'.'.join(map(str, self.python))}"
        absent = [package for package in self.needs if not is_installed(package)]
        return f"not installed: {self.installation(absent)}" if absent else ""

    def installation(self, absent: Sequence[str], pip: str = "pip") -> str:
        """The command that installs `absent`, which are packages it needs."""
        return (self.install or f"pip install {' '.join(absent)}").replace("pip install", f"{pip} install")


@cache
def described(folder: Path | None = None) -> dict[str, Strategy]:
    """Every strategy in `folder`, or else in this package, by name.

    Raises UserError for a file that does not say what it must.
    """
    return {path.stem: _describe(path) for path in sorted((folder or FOLDER).glob("[!_]*.py"))}


def is_installed(package: str) -> bool:
    """Whether this interpreter has a distribution of that name."""
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
    for name, values in VALUES.items():
        if facts.get(name, values[0]) not in values:
            raise UserError(f"{path}: {name}: {facts[name]!r} is not one of {', '.join(values)}")
    if path.parent == FOLDER and "RUNS" not in facts:
        raise UserError(f"{path}: RUNS: say which form of a work it takes, {' or '.join(VALUES['RUNS'])}")
    options = facts.get("OPTIONS", {})
    for name, schema in options.items():
        if "default" not in schema:
            raise UserError(f"{path}: OPTIONS: {name}: give it a default")
    return Strategy(
        name=path.stem,
        path=path,
        summary=(ast.get_docstring(tree) or "").partition("\n")[0],
        rank=facts["RANK"],
        runs=facts.get("RUNS", ""),
        shares=facts.get("SHARES", ""),
        then=facts.get("THEN", ""),
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
