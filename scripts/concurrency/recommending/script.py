"""The script of what is recommended for a work: the strategy as it was measured, and what running it takes."""

import ast
import builtins
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from concurrency.errors import UserError
from concurrency.measuring.arms import Arm
from concurrency.measuring.interpreters import OLDEST
from concurrency.recommending.bundle import Bundle, Instead, Plainer, source
from concurrency.recommending.given import items_of, literal, width
from concurrency.recommending.imports import Import, rendered
from concurrency.recommending.users import Function, UsersCode, needed, requirement
from concurrency.strategies._catalogue import BASELINE, Strategy
from concurrency.workloads.own.workload import Own
from concurrency.workloads.workload import Workload

READS = ("script.py.j2",)
STARTS = (  # what is read of this library, beside strategies
    "concurrency.recommending.parts", "concurrency.recommending.received", "concurrency.work",
    "concurrency.workloads.download.by_aiohttp", "concurrency.workloads.download.by_requests",
    "concurrency.workloads.squares.sums", "concurrency.workloads.squares.work", "concurrency.strategies.asyncio",
)  # fmt: skip
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=False,  # noqa: S701  (it is no HTML)
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
WIDTH = 120
PARTS, RECEIVED = "concurrency.recommending.parts", "concurrency.recommending.received"
WORK, MEASURED = "concurrency.work", "concurrency.workloads.download.received"
CLIENTS = {
    "function": "concurrency.workloads.download.by_requests",
    "coroutine": "concurrency.workloads.download.by_aiohttp",
}
SUMS, CORES = "concurrency.workloads.squares.sums", "concurrency.cores"
INSTEAD = {
    ("concurrency.strategies._processes", "process_pool"): Instead(
        "ProcessPoolExecutor", Import("concurrent.futures", "ProcessPoolExecutor")
    ),
    ("concurrency.strategies._threads", "thread_pool"): Instead(
        "ThreadPoolExecutor", Import("concurrent.futures", "ThreadPoolExecutor")
    ),
}
LOOP = {("concurrency.strategies._loops", "event_loop"): Instead("asyncio.Runner", Import("asyncio"))}
DROPPED = {("concurrency.processes", "started"), ("concurrency.strategies._processes", "wait_until_awake")}
LEAVE = WORK, "leave_loop"
MOVED = {LEAVE: (PARTS, "leave_loop")} | {
    (MEASURED, name): (RECEIVED, name) for name in ("HEADERS", "SILENCE_S", "TRUST_ENV", "Received")
}
MOVED |= {("concurrency.codings", "ACCEPTED"): (RECEIVED, "ACCEPTED"), (CORES, "available"): (PARTS, "available")}
# What a script defines itself, beside what is bundled; what else it calls so in its functions; what it may import.
FRAME = {"DOCUMENTS", "FOLDER", "ITEMS", "ROOT", "Work", "in_worker", "main"}
LOCALS = {
    "answer", "args", "call", "came", "error", "folder", "given", "item", "items", "opened", "parser", "parts",
    "progress", "run", "self",
}  # fmt: skip
IMPORTS = (
    Import("argparse"), Import("csv"), Import("importlib"), Import("json"), Import("multiprocessing"), Import("os"),
    Import("sys"), Import("tempfile"), Import("collections.abc", "Awaitable"), Import("collections.abc", "Callable"),
    Import("concurrent.futures", "BrokenExecutor"), Import("dataclasses", "dataclass"), Import("functools", "partial"),
    Import("pathlib", "Path"), Import("typing", "Any"),
)  # fmt: skip


@dataclass(frozen=True)
class Script:
    """That of the `arm` for `workload`, which lies `depth` folders below the one that paths are relative to (None: not
    in it).

    `said` are the paragraphs of its head, the first one its title. `files` are those of the user's code, with what they
    import of each other; `start_method` is that of processes, `user_agent` what sites are told.
    """

    workload: Workload
    arm: Arm
    said: Sequence[str]
    depth: int | None
    files: Sequence[str] = ()
    start_method: str | None = None
    user_agent: str = ""

    @cached_property
    def strategy(self) -> Strategy:
        """The arm's; a coroutine that is to be run one by one is run by a loop with one task."""
        is_awaited = isinstance(self.workload, Own) and not self.workload.function and self.arm.strategy == BASELINE
        return self.workload.strategies()["asyncio" if is_awaited else self.arm.strategy]

    @property
    def text(self) -> str:
        """All of it."""
        called, given = self._called, items_of(self.workload)
        plainer = self._plainer(is_opened="open" in called)
        uses = _members_used(Bundle(plainer).add(self.strategy.module, "start"))
        bundle = Bundle(plainer)
        work = self._bundled_work(bundle, called, uses)
        strategy = bundle.add(self.strategy.module, "start")
        begins = ["from_here"] * (given.reader == "read_files") + ["at_least_one"] * self._has_workers
        reader = bundle.add(PARTS, "Progress", given.reader, *begins)
        own = {
            role: one for role, one in called.items() if isinstance(one, Function) and (role != "split" or role in uses)
        }
        if taken := FRAME & bundle.names:
            raise UserError(f"{self.strategy.path}: {min(taken)}: is what a script calls something else; rename it")
        user = UsersCode(
            own,
            taken={*bundle.names, *FRAME, *LOCALS, *dir(builtins), *(one.known_as for one in IMPORTS)},
            depth=self.depth,
        )
        if user.by_file:
            work = "\n\n\n".join(filter(None, [bundle.add(PARTS, "module_at"), work]))
        # Only the pools of the standard library's processes find what is a program's own by its name.
        has_other_pool = self._needs - {*self.workload.needs.get(self._form, ())} or self.strategy.python
        body = TEMPLATES.get_template("script.py.j2").render(
            given=given,
            user=user,
            called={role: user.names.get(role, one) for role, one in called.items()},
            uses=uses,
            tells="on_loop" in uses and self.strategy.shares == "loop" and not self.strategy.then,
            form=self._form,
            work=work,
            about=_comment(f"The strategy, {self.strategy.name}. {source(self.strategy.module).docstring}"),
            strategy=strategy,
            is_replaced="replace(work" in strategy,
            reader=reader,
            has_root=bool(own) or given.is_read,
            is_download=self.workload.name == "download",
            workers=int(self.arm.workers) if self._has_workers else 0,
            options=self._options,
            has_processes=self._has_processes,
            is_sent=self._is_sent,
            is_found_by_name=self._has_processes and has_other_pool,
            start_method=literal(self.start_method) if self.start_method else "",
        )
        used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
        imports = rendered({*bundle.imports, *(one for one in IMPORTS if one.known_as in used)})
        text = "\n".join([self._metadata(bundle, user), f'"""{_docstring(self.said)}"""', "", imports, "", body])
        is_wide = any(map(_is_too_wide, text.split("\n")))
        return text.replace('# ///\n"""', '# ///\n# ruff: noqa: E501\n"""', 1) if is_wide else text

    @property
    def _has_workers(self) -> bool:
        return not self.workload.has_one_worker(self.strategy)

    @property
    def _has_processes(self) -> bool:
        return not self.strategy.shares or self.strategy.then == "processes"

    @property
    def _is_sent(self) -> bool:
        """Whether answers of which nothing is known go from one process to another."""
        return self._has_processes and isinstance(self.workload, Own)

    @property
    def _needs(self) -> set[str]:
        """The packages that the strategy takes, and the client."""
        return set(self.strategy.needs)

    @property
    def _options(self) -> str:
        """The arguments of `start` after the first."""
        options = self.strategy.defaults | dict(self.arm.options)
        return "".join(f", {name}={literal(value)}" for name, value in options.items())

    @property
    def _form(self) -> str:
        """`function`, `coroutine`, or empty for a client that brings its own."""
        return self.strategy.runs

    @cached_property
    def _called(self) -> dict[str, Any]:
        """What is called for an item, by role: the user's functions, or names of ours."""
        form, workload = self._form, self.workload
        if isinstance(workload, Own):
            places = {"call": getattr(workload, form), "open": workload.open, "then": workload.then}
            places |= {"split": workload.split} if self._takes_shares else {}
            return {role: Function(place) for role, place in places.items() if place}
        if workload.name == "download":
            return {"call": "fetch", "open": "session"} if form else {"open": ""}
        whole = "sum_of_squares" if form == "function" else "NeverAwaiting(sum_of_squares)"
        return {"call": whole} | ({"split": "sum_of_squares_between"} if self._takes_shares else {})

    @property
    def _takes_shares(self) -> bool:
        """Whether it might run shares of items: of a Pool's methods, only starmap does."""
        return (
            self._form == "function"
            and (self.strategy.defaults | dict(self.arm.options)).get("method", "starmap") == "starmap"
        )

    def _plainer(self, is_opened: bool) -> Plainer:
        values = {(RECEIVED, "HEADERS"): f'{{"Accept-Encoding": ACCEPTED, "User-Agent": {literal(self.user_agent)}}}'}
        values = values if self.user_agent else {}
        values |= {(PARTS, "DELIMITER"): literal(items_of(self.workload).delimiter)}
        return Plainer(
            instead=INSTEAD if is_opened else INSTEAD | LOOP,
            values=values,
            dropped=frozenset(DROPPED if is_opened else DROPPED | {LEAVE}),
            given=frozenset({(WORK, "Work")}),
            moved=MOVED,
        )

    def _bundled_work(self, bundle: Bundle, called: Mapping[str, Any], uses: set[str]) -> str:
        """What the work is made of: of this library's source, and of parts."""
        texts = []
        if self.workload.name == "download" and self._form:
            texts.append(bundle.add(CLIENTS[self._form], "session", "fetch"))
        if self.workload.name == "squares":
            texts.append(bundle.add(SUMS, "sum_of_squares"))
            if self._form == "coroutine":
                texts.append(bundle.add("concurrency.workloads.squares.work", "NeverAwaiting"))
        if "split" in uses and "split" in called:
            texts.append(bundle.add(WORK, "Split"))
            texts.append(bundle.add(SUMS, "cut_range", *[called["split"]] * isinstance(called["split"], str)))
            texts.append(bundle.add(PARTS, "in_all"))
        if self._form == "function":
            texts.append(bundle.add(PARTS, "answer_of"))
            texts.append(bundle.add(WORK, "InWorker", "leave_worker") if "open" in called else "")
        elif uses:
            texts.append(bundle.add(PARTS, "answer_on_loop"))
            texts.append(bundle.add(PARTS, "entered", "leave_loop") if "open" in called and "on_loop" in uses else "")
        if "then" in called:
            texts.append(bundle.add(PARTS, "of_then"))
        if self._is_sent:
            texts.append(bundle.add(PARTS, "sendable"))
        return "\n\n\n".join(filter(None, texts))

    def _metadata(self, bundle: Bundle, user: UsersCode) -> str:
        """The block that `uv run` and `pipx run` read (PEP 723)."""
        needs = self._needs | needed(self.files, user.modules)
        listed = "".join(f'#   "{requirement(one)}",\n' for one in sorted(needs, key=str.lower))
        python = ".".join(map(str, self.strategy.python or OLDEST))
        dependencies = f"[\n{listed}# ]" if listed else "[]"
        return f'# /// script\n# requires-python = ">={python}"\n# dependencies = {dependencies}\n# ///'


def _members_used(strategy: str) -> set[str]:
    """What a strategy asks of its work."""
    nodes = ast.walk(ast.parse(strategy))
    found = {node.attr for node in nodes if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "work"}
    if ".before.on_loop" in strategy:
        found.add("on_loop")
    return found


def _is_too_wide(line: str) -> bool:
    """Whether ruff would say so: not of a single word, nor of what ends with a URL."""
    *before, last = line.split() or [""]
    return width(line) > WIDTH and bool(before) and "://" not in last


def _docstring(said: Sequence[str]) -> str:
    """Its text, in lines; the first one stands alone."""
    paragraphs = ["\n".join(textwrap.wrap(one, WIDTH, break_long_words=False, break_on_hyphens=False)) for one in said]
    text = "\n\n".join(paragraphs).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f"{text}\n" if len(said) > 1 else text


def _comment(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in textwrap.wrap(text.partition("\n")[0], WIDTH - 2))
