"""What fits a terminal, and a log as well: lines of its width, and how far something is."""

import os
import re
import sys
import textwrap
import time
from typing import Any

from tqdm import tqdm

PLAIN, MOST = 80, 100  # letters to a line: where there is no terminal, and where there is a wide one
LINES_S = 30.0  # from one line to the next, where there is no terminal
# What stays whole: `snakemake job --config 'squares={…}'`, and such a setting alone; a number and its unit.
WHOLE = re.compile(
    r"snakemake(?: [a-z_]+(?= --))?(?: --[\w-]+(?: (?:'[^']*'|[\w./=-]*[\w/]))?)+"
    r"|'\w+=[^']*'"
    r"|\d (?:%|[mµ]?s\b|[MG]iB\b)"
)
TIMES = re.compile(r" in [\d:?]+, about [\d:?]+ more")
HELD = "\N{NO-BREAK SPACE}"


def paragraph(text: str, indent: str = "") -> str:
    """`text` in lines, all but the first of which are indented; none ends within a path or a command."""
    held = WHOLE.sub(lambda found: found[0].replace(" ", HELD), text)
    lines = textwrap.wrap(
        held, _columns(), initial_indent=indent, subsequent_indent=indent + "  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join(lines).replace(HELD, " ")


def _columns() -> int:
    """Of the terminal, if there is one and if it tells."""
    known = os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    return min(known or PLAIN, MOST)


def progress(items: Any = None, **options: Any) -> Any:
    """A bar, with what `tqdm` takes; where there is no terminal, a line now and then, which a log can keep."""
    if sys.stderr.isatty():
        return tqdm(items, mininterval=0.5, **options)
    told = "{desc}: {n_fmt} of {total_fmt} {unit}s in {elapsed}, about {remaining} more{postfix}"
    more: dict[str, Any] = {"mininterval": LINES_S, "maxinterval": LINES_S, "miniters": 1, "bar_format": told}
    return tqdm(items, **{**options, "delay": LINES_S, "file": _Lines(), **more})


def note(text: str, indent: str = "") -> None:
    """A paragraph above whatever bar or line there is."""
    tqdm.write(paragraph(text, indent), file=sys.stderr)


class Status:
    """A line that is told anew in its place; where there is no terminal, one now and then if it has changed."""

    def __enter__(self) -> "Status":
        is_terminal = sys.stderr.isatty()
        self._pause_s, self._shown = 0.0 if is_terminal else LINES_S, -LINES_S
        self._bar = tqdm(bar_format="{desc}", leave=False, file=sys.stderr if is_terminal else _Lines())
        return self

    def show(self, text: str) -> None:
        if time.monotonic() - self._shown >= self._pause_s:
            self._shown = time.monotonic()
            self._bar.set_description_str(text)

    def __exit__(self, *_: object) -> None:
        self._bar.close()


class _Lines:
    """A file that makes a line of whatever would have taken the place of the last one; what only tells the time again,
    as a bar does when it is closed, is none."""

    told = ""

    def write(self, text: str) -> None:
        line = text.strip("\r\n ")
        if line and (told := TIMES.sub("", line)) != self.told:
            print(line, file=sys.stderr)
            self.told = told

    def flush(self) -> None:
        sys.stderr.flush()
