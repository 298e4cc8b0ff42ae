"""The strategies: one file each, in the folder of its workload, found by its file name.

A strategy file holds

- a docstring whose first line says what it does (the report quotes it);
- `RANK`, its place in simplicity: on a tie the lower rank is recommended;
- `NEEDS`, the packages to install for it (none: leave it out);
- `OPTIONS`, a JSON schema for each option it takes, with a default (none: leave it out);
- `start(workers, **options)`, a context manager that yields `run`. Entering it starts every worker and waits until
  all are awake; calling `run` does the work; leaving it cleans up.
      download: `run(urls) -> [(status, bytes of body read), …]`; a transfer that failed is `(0, bytes read)`
      squares:  `run(task, items) -> [task.function(item), …]`
  Results come in input order.

The facts are read from the source without importing it, so that listing strategies needs none of their packages.
"""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Strategy:
    """What a strategy file says of itself."""

    name: str
    summary: str
    rank: int
    needs: tuple[str, ...] = ()
    options: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def defaults(self) -> dict[str, Any]:
        """The value of each option that is used where none is given."""
        return {name: schema["default"] for name, schema in self.options.items()}


@cache
def catalogue(workload: str) -> dict[str, Strategy]:
    """Every strategy of `workload` (`download` or `squares`) by name, simplest first."""
    found = [_describe(path) for path in (FOLDER / workload).glob("[!_]*.py")]
    return {strategy.name: strategy for strategy in sorted(found, key=lambda strategy: (strategy.rank, strategy.name))}


def _describe(path: Path) -> Strategy:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    facts = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id in ("RANK", "NEEDS", "OPTIONS")
    }
    return Strategy(
        name=path.stem,
        summary=(ast.get_docstring(tree) or "").partition("\n")[0],
        rank=facts["RANK"],
        needs=tuple(facts.get("NEEDS", ())),
        options=facts.get("OPTIONS", {}),
    )
