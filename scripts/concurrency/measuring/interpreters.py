"""The Pythons to measure under: found and asked, before anything runs, what they are and what they can import.

A sample needs nothing of an interpreter but its standard library, and what the strategy imports. An interpreter other
than the one that runs this sees its own packages, and never ours.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from concurrency.errors import UserError, printable
from concurrency.processes import environment
from concurrency.strategies._catalogue import Strategy

CURRENT = "current"
OLDEST = (3, 11)
ANSWER_S = 5.0  # that an interpreter may take to say what it is
PATIENCE_S = 60.0  # … and to import a package
GIL_IS_BACK = " with the GIL"

# Any Python can run these.
FACTS = """
import json, multiprocessing, platform, sys
print(json.dumps({
    "executable": sys.executable,
    "implementation": platform.python_implementation(),
    "release": platform.python_version(),
    "version": sys.version_info[:2],
    "text": sys.version,
}))
"""
IMPORTS = """
import importlib, importlib.util, json, sys
gil = getattr(sys, "_is_gil_enabled", lambda: True)
before = gil()
absent = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
broken = ""
for name in [] if absent else sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        broken = "%s cannot be imported: %s: %s" % (name, type(error).__name__, error)
        break
print(json.dumps({"absent": absent, "broken": " ".join(broken.split()), "gil_is_back": gil() and not before}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python to measure under.

    `executable` is its path, empty for the one that runs this; `label` stands for it in tables and sentences, as in
    `CPython 3.14.2t`, with a t for a free-threaded build.
    """

    executable: str
    label: str
    version: tuple[int, ...]
    free_threaded: bool

    def lacks(self, strategy: Strategy) -> str:
        """Why it cannot run `strategy`, with what helps; empty if it can."""
        if not self.executable and (reason := strategy.missing):
            return reason
        if self.version < strategy.python:
            return f"needs Python {'.'.join(map(str, strategy.python))}"
        if not strategy.needs or not (self.executable or self.free_threaded):
            return ""
        found = _imports(self.executable, strategy.needs)
        if found["absent"]:
            return f"not installed there: {strategy.installation(found['absent'], f'{self.executable} -m pip')}"
        if found["gil_is_back"]:
            return f"importing {' or '.join(strategy.needs)} switches the GIL on again, in a build that runs without"
        return str(found["broken"])


def label(implementation: str, release: str, version_text: str) -> str:
    """How an interpreter is called: `CPython 3.14.2`, with a t if it was built to run without the GIL."""
    return f"{implementation} {release}{'t' if is_free_threaded(version_text) else ''}"


def is_free_threaded(version_text: str) -> bool:
    """Whether `sys.version` is that of a build that can run without the GIL."""
    return "free-threading" in version_text


RUNNING = Interpreter(
    executable="",
    label=label(platform.python_implementation(), platform.python_version(), sys.version),
    version=sys.version_info[:2],
    free_threaded=is_free_threaded(sys.version),
)


def find(names: Sequence[str], place: str) -> list[Interpreter]:
    """The interpreters of `names`, none twice: `current` (the one that runs this), commands on the PATH, or paths.

    Of two builds of one version, the second is told apart by what the user calls it. Raises UserError (starting with
    `place`) for the first that is not there or cannot run a sample.
    """
    found: dict[str, Interpreter] = {}
    labels = {RUNNING.label} if CURRENT in names else set()
    for name in names:
        interpreter = RUNNING if name == CURRENT else _ask(name, f"{place}: {name}")
        if interpreter.executable in found:
            continue
        if interpreter != RUNNING and interpreter.label in labels:
            interpreter = replace(interpreter, label=f"{interpreter.label} ({name})")
        labels.add(interpreter.label)
        found[interpreter.executable] = interpreter
    return list(found.values())


def _ask(name: str, place: str) -> Interpreter:
    command = shutil.which(os.path.expanduser(name))  # noqa: PTH111  (of nobody's `~name`, a Path makes an error)
    if command is None:
        raise UserError(
            f"{place}: there is no such command, or it may not be run; give a command on the PATH or a path "
            "(`uv python install 3.14 3.14t` gets interpreters)"
        )
    try:
        facts = _run([command, "-c", FACTS], ANSWER_S)
        executable, implementation, release, version, text = (
            facts[key] for key in ("executable", "implementation", "release", "version", "text")
        )
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{place}: does not run as a Python interpreter: {_reason(error)}") from error
    if tuple(version) < OLDEST:
        raise UserError(f"{place}: is Python {release}; measuring takes {'.'.join(map(str, OLDEST))} or later")
    if executable == sys.executable:
        return RUNNING
    return Interpreter(executable, label(implementation, release, text), tuple(version), is_free_threaded(text))


@cache
def _imports(executable: str, packages: tuple[str, ...]) -> Mapping[str, Any]:
    """Which of `packages` are `absent` there, why they are `broken`, and whether importing them turns the GIL on."""
    try:
        found: Mapping[str, Any] = _run([executable or sys.executable, "-c", IMPORTS, *packages], PATIENCE_S)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        reason = f"{' or '.join(packages)} cannot be imported: {_reason(error)}"
        return {"absent": [], "broken": reason, "gil_is_back": False}
    return found


def _run(command: list[str], timeout_s: float) -> Any:
    """The JSON value on the last line that `command`, an interpreter with its arguments, prints."""
    other = "" if command[0] == sys.executable else command[0]
    done = subprocess.run(
        command, env=environment(other), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        timeout=timeout_s, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.strip().rpartition("\n")[2])


def _reason(error: Exception) -> str:
    """One line for a person."""
    match error:
        case subprocess.CalledProcessError() if error.stderr.strip():
            return printable(error.stderr.strip().rpartition("\n")[2])
        case subprocess.CalledProcessError() if error.returncode < 0:
            return f"it was ended by signal {-error.returncode}"
        case subprocess.CalledProcessError():
            return f"it ends with exit code {error.returncode}"
        case subprocess.TimeoutExpired():
            return f"no answer within {error.timeout:g} s"
        case OSError():
            return error.strerror or str(error)
    return "it does not answer as one"
