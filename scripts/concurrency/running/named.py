"""What is seen of the user's functions without running their files.

That these are Python and have the names, what a plain `def` takes, and whether it is an `async def`. Where a file may
make something else of it when it is run, nothing is said.
"""

import ast
import importlib.util
import math
import symtable
import warnings
from collections.abc import Mapping
from pathlib import Path

from concurrency.errors import UserError, hint
from concurrency.workloads.own.work import called_with

# Who uses these may give a module any names.
MAKERS = {"globals", "locals", "vars", "exec", "eval", "setattr", "modules", "__dict__", "__getattr__"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def check(places: Mapping[str, str | None], work: str) -> None:
    """`places` are those of a work, each `path/to/file.py:name` or None, by their keys in the configuration, in which
    that is `work`. Raises UserError for the first that cannot be what it is given as."""
    for key, (count, words) in called_with(places).items():
        if not (place := places.get(key)):
            continue
        path, _, name = place.rpartition(":")
        tree, names = _read(Path(path), f"{work}.{key}")
        first = name.partition(".")[0]
        if not names:
            continue
        if first not in names:
            close = hint(first, names)
            raise UserError(f"{work}.{key}: {path}: there is no {name} in it{close and f'; {close}'}")
        if found := _plain(name, tree):
            is_async = isinstance(found, ast.AsyncFunctionDef)
            if key == "coroutine" and not is_async:
                raise UserError(
                    f"{work}.{key}: {place} is no `async def`; give it as `function` (or, decorated, in one)"
                )
            if key not in ("coroutine", "open") and is_async:
                advice = "give it as `coroutine`" if key == "function" else "give a `def`"
                raise UserError(f"{work}.{key}: {place} is an `async def`; {advice}")
            if not _takes(found.args, count):
                takes = ast.unparse(found.args)
                raise UserError(f"{work}.{key}: {place}({takes}) does not take what it is called with: {words}")


def _read(file: Path, origin: str) -> tuple[ast.Module, set[str]]:
    """What is in `file`, and the names that it has at its top level; none where these cannot be told."""
    try:
        text = importlib.util.decode_source(file.read_bytes())
        with warnings.catch_warnings(action="ignore"):
            tree, table = ast.parse(text), symtable.symtable(text, str(file), "exec")
    except OSError as error:
        raise UserError(f"{origin}: {file}: cannot be read: {error.strerror}") from error
    except SyntaxError as error:
        line = f":{error.lineno}" if error.lineno else ""  # of a file in another encoding there is none
        raise UserError(f"{origin}: {file}{line}: this is no Python: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise UserError(f"{origin}: {file}: this is no Python: it is nested too deeply") from error
    except ValueError as error:
        raise UserError(f"{origin}: {file}: this is no Python: {error}") from error
    names = {one.get_name() for one in table.get_symbols() if one.is_assigned() or one.is_imported()}
    for node in ast.walk(tree):
        match node:
            case ast.Name(one) | ast.Attribute(attr=one) | ast.FunctionDef(one) | ast.alias(one):
                if one in MAKERS or one == "*":
                    return tree, set()
            case ast.Global(more):
                names |= set(more)
    return tree, names


def _plain(name: str, tree: ast.Module) -> Function | None:
    """The undecorated `def` of that name at the top level, if nothing else in the file gives that name to something."""
    bound = [node for node in ast.walk(tree) if _binds(node, name)]
    match bound:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() as found] if found in tree.body and not found.decorator_list:
            return found
    return None


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(one, ast.Store() | ast.Del()) | ast.alias(_, str(one)) | ast.alias(one, None):
            return one == name
    return getattr(node, "name", None) == name  # a def, a class, `as name`


def _takes(arguments: ast.arguments, count: int) -> bool:
    """Whether so many positional ones will do."""
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    return least <= count <= (math.inf if arguments.vararg else most) and None not in arguments.kw_defaults
