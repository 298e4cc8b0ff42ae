"""The package knows only itself and the ground, and imports point one way inside it."""

import ast
import graphlib
from pathlib import Path

import concurrency.downloader

FOLDER = Path(concurrency.downloader.__file__).parent
GROUND = {f"concurrency.{name}" for name in ("codings", "cores", "errors", "files", "notes", "processes", "schedule")}


def imported(file):
    """The modules of the library that a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in ("concurrency", "concurrency.downloader"):
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_imports_point_one_way():
    own = {f"concurrency.downloader.{file.stem}": set(imported(file)) for file in FOLDER.glob("*.py")}
    for name, known in own.items():
        library = {module for module in known if module.partition(".")[0] == "concurrency"}
        assert library <= own.keys() | GROUND, name
    list(graphlib.TopologicalSorter(own).static_order())  # raises CycleError
