"""The user's own code: what is at `path/to/file.py:name`, found alike by every process that works for us."""

import hashlib
import importlib
import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from concurrency.errors import UserError

ALIAS = "OWN_MODULE_"
OURS = str(Path(__file__).resolve().parents[1])
INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Own:
    """What is at `place`, `path/to/file.py:name`, as a callable that travels to other processes by its place alone:
    whatever kind of callable it is and whatever its file is called, each process loads it for itself, once."""

    place: str

    def __call__(self, *arguments: Any) -> Any:
        return load(self.place)(*arguments)


def resolved(place: str) -> str:
    """`path/to/file.py:name` with the path from the root; the name is no part of it, and may be one that no file has
    here: ä in the C locale."""
    path, _, name = place.rpartition(":")
    return f"{Path(path).resolve()}:{name}"


@cache
def load(place: str) -> Any:
    """What is at `path/to/file.py:name`; a dotted name goes on into what is there.

    The file's folder is searched before what is installed; a file in a package is imported as part of it, so that
    relative imports work. Raises UserError for what cannot be imported.
    """
    path, _, name = place.rpartition(":")
    try:
        found: Any = _module(Path(path).resolve())
    except UserError:
        raise
    except BaseException as error:  # whatever a user's file raises when it is run, `sys.exit` as well
        raise UserError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise UserError(f"{path}: there is no {name} in it") from None
    return found


def _module(file: Path) -> ModuleType:
    """`file` as a module, by the name that its siblings import it by where it can have that name."""
    if not file.is_file():
        raise UserError(f"{file}: there is no such file")
    folder, names = file.parent, [file.stem]
    while (folder / "__init__.py").exists():
        names.insert(0, folder.name)
        folder = folder.parent
    _search(str(folder))
    name = ".".join(names)
    if all(part.isidentifier() for part in names):
        module = importlib.import_module(name)
        if module.__file__ and file.samefile(module.__file__):
            return module
    # Its name is none, or another module has it, in this process or in all: so that it is found again where an answer
    # of its own is unpickled, its name says which file it is.
    package, _, _ = name.rpartition(".") if len(names) > 1 else ("", "", "")
    own = "_".join("".join(c if c.isalnum() else "_" for c in file.stem).split()) or "work"
    alias = f"{package}.{own}" if package else own
    alias += f"_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    os.environ[f"{ALIAS}{alias}"] = str(file)  # workers, too, may have to unpickle what is of that module
    return importlib.import_module(alias)


class _Aliases(MetaPathFinder):
    """Finds files of the user's by the names that they were given here."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        file = os.environ.get(f"{ALIAS}{fullname}")
        return importlib.util.spec_from_file_location(fullname, file) if file else None


sys.meta_path.append(_Aliases())


def _search(folder: str) -> None:
    """Search `folder` after the standard library, before what is installed and what lies beside this library."""
    if OURS in sys.path:
        sys.path.remove(OURS)
        sys.path.append(OURS)
    if folder not in sys.path:
        installed = (i for i, path in enumerate(sys.path) if Path(path).name in INSTALLED)
        sys.path.insert(next(installed, len(sys.path)), folder)
