"""Imports as they stand at the top of a module, sorted as ruff sorts them."""

import sys
from collections.abc import Iterable
from typing import NamedTuple


class Import(NamedTuple):
    """`import module`, or `from module import name`, possibly by another name."""

    module: str
    name: str = ""
    alias: str | None = None

    @property
    def known_as(self) -> str:
        """The name that it binds."""
        return self.alias or self.name or self.module.partition(".")[0]

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


def rendered(imports: Iterable[Import]) -> str:
    """All of them: the standard library's, then the others."""
    found = set(imports)
    groups = ([one for one in found if (one.package in sys.stdlib_module_names) is own] for own in (True, False))
    return "\n\n".join("\n".join(_lines(group)) for group in groups if group)


def _lines(group: list[Import]) -> list[str]:
    plain = sorted(one for one in group if not one.name)
    lines = [f"import {one.module}{f' as {one.alias}' if one.alias else ''}" for one in plain]
    for module in sorted({one.module for one in group if one.name}, key=str.lower):
        own = [one for one in group if one.name and one.module == module]
        if names := sorted((one.name for one in own if not one.alias), key=_order):
            lines.append(f"from {module} import {', '.join(names)}")
        aliased = sorted((one for one in own if one.alias), key=lambda one: _order(one.name))
        lines += [f"from {module} import {one.name} as {one.alias}" for one in aliased]
    return lines


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name
