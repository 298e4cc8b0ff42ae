"""Paths as a configuration gives them: looked up in several folders, in order."""

import errno
import glob
import re
import stat
from pathlib import Path
from typing import Any

from concurrency.errors import UserError
from concurrency.running.config import written
from concurrency.running.sources import Place
from concurrency.workloads import items as own_items

Folders = tuple[Path, ...]
WILDCARD = re.compile(r"\{\s*\w.*\}")  # in the name of an input, where nothing can be put for such a brace


def as_input(path: Path, place: Place) -> Path:
    """`path`, as a job may have it. Raises UserError where a part of it is in braces, which would be a wildcard."""
    if WILDCARD.search(str(path)):
        raise UserError(f"{place}: {path}: a name with {{braces}} stands for others to Snakemake; rename it")
    return path


def file_or_value(value: Any, place: Place, folders: Folders) -> Any:
    """The file that `value`, if it is text, is the name of. Raises UserError where none of `folders` has it."""
    return as_input(_file(value, place, folders), place) if isinstance(value, str) else value


def _file(value: str, place: Place, folders: Folders) -> Path:
    paths = [folder / value for folder in folders]
    if there := next((path for path in paths if is_file(path, place)), None):
        return there
    if odd := next((path for path in paths if path.exists()), None):
        raise UserError(
            f"{place}: {value or '.'} is {'a folder' if odd.is_dir() else 'a pipe or a device'}; give a file"
        )
    is_url = place.keys[-1:] == ("sites",) and value.startswith(("http://", "https://"))
    hint = f"; give a list of URLs: [{value}]" if is_url else f"; {_looked_in(folders)}"
    raise UserError(f"{place}: there is no file {value}{hint}")


def is_file(path: Path, place: Place | str) -> bool:
    """Not `Path.is_file`, which newer Pythons have say no whatever the reason. Raises UserError where nobody knows."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except ValueError:  # a NUL in the name
        return False
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise UserError(f"{place}: {written(str(path))}: {error.strerror}") from error  # a name that is too long


def _looked_in(folders: Folders) -> str:
    return f"looked in {' and '.join(str(folder.resolve()) for folder in folders)}"


def source(items: Any, place: Place, folders: Folders) -> Any:
    """Where items come from: what is no value is a file, or else a pattern, in the first folder that has such files."""
    is_pattern = isinstance(items, str) and own_items.is_pattern(items)
    if not is_pattern or any(is_file(folder / items, place) for folder in folders):
        return file_or_value(items, place, folders)
    for folder in folders:
        pattern = items if folder == Path() else str(Path(glob.escape(str(folder))) / items)
        try:
            if own_items.files(pattern):
                return pattern
        except OSError as error:
            raise UserError(f"{place}: {written(error.filename)}: {error.strerror}") from error
        except ValueError as error:  # a NUL in it, or half a character
            raise UserError(f"{place}: no file can be called like {written(items)}: {error}") from error
    raise UserError(f"{place}: no file is called like {items}; {_looked_in(folders)}")


def function(given: str | None, place: Place, folders: Folders) -> str | None:
    """`path/to/file.py:name` with the file as found in `folders`; what is in the file is seen when it is imported."""
    if given is None:
        return None
    path, colon, name = given.rpartition(":")
    if not colon or not all(map(str.isidentifier, name.split("."))) or not path.endswith(".py"):
        raise UserError(f"{place}: expected path/to/file.py:name, not {written(given)}")
    return f"{_file(path, place, folders)}:{name}"


def check(value: Any, place: Place, folders: Folders) -> Any:
    """How answers are compared, the place of a function as `function` has it; None: they are not."""
    if isinstance(value, str) and value != "none" and ":" not in value:
        raise UserError(f"{place}: expected {{rtol: …}}, path/to/file.py:name or none, not {value!r}")
    if isinstance(value, str):
        return None if value == "none" else function(value, place, folders)
    return value
