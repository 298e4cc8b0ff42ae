"""How all pictures look, and how they are saved.

Each is drawn in two widths, for a page and for a phone. Its neutral colours (INK, DIM, GRID, PAPER) stand for those of
the page that it is put into, light or dark; all others have a contrast of 3:1 or more on either ground (WCAG 2.2,
1.4.11), and follow Okabe and Ito's palette, whose hues colour-blind readers can tell apart. Shape or text always says
the same as colour.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure, SubFigure

from concurrency.strategies._catalogue import FOLDER, Strategy, described
from concurrency.workloads.known import BUILT_IN, kind_of

WIDE, NARROW = 10.0, 4.3  # inches
INK, DIM, GRID, PAPER = "#1a1a1a", "#555555", "#dddddd", "#ffffff"
BLUE, VERMILION, GREEN, PURPLE, OCHRE, GREY = "#0072b2", "#d55e00", "#00875f", "#b8628f", "#a87000", "#7a7a7a"
FAILED = VERMILION
ON_COLOUR = "#fefefe"  # what is written on a colour; unlike PAPER the same on a dark page
SHADES = {  # of each kind of strategy, in turn
    BLUE: (BLUE, "#6a6fd8", "#0d86a6"),
    VERMILION: (VERMILION, "#c05a6a"),
    GREEN: (GREEN, "#6b8700", "#008787"),
    PURPLE: (PURPLE, "#9a6ac0"),
    OCHRE: (OCHRE, "#7f7a1f", "#a0694b", "#8c7048"),
}
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "concurrency",  # the same data gives the same file
    "text.parse_math": False,  # a $ in a name is one
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "p", "h", "d", "*", "8")


KINDS = (BLUE, VERMILION, GREEN, OCHRE, PURPLE, INK, GREY)


class Look(NamedTuple):
    """How a strategy is drawn, in every picture."""

    colour: str
    marker: str


def look(strategy: str) -> Look:
    """That of a strategy by its name; one that is unknown here, as it was measured elsewhere, is grey."""
    return _looks().get(strategy, Look(GREY, MARKERS[0]))


@cache
def _looks() -> dict[str, Look]:
    """The colour says of which kind a strategy is, the marker which of that kind; the simplest come first. Each kind
    begins with a marker of its own, so that the best known strategies differ in both."""
    folders = [None, *(folder for kind in BUILT_IN.values() for folder in kind.folders)]
    every = {name: strategy for folder in folders for name, strategy in described(folder).items()}
    found: dict[str, Look] = {}
    kinds: list[str] = []
    for strategy in sorted(every.values(), key=lambda strategy: (strategy.rank, strategy.name)):
        kind = _kind(strategy)
        alike = kinds.count(kind)
        shades = SHADES.get(kind, (kind,))
        marker = MARKERS[(KINDS.index(kind) + alike) % len(MARKERS)]
        found[strategy.name] = Look(shades[alike % len(shades)], marker)
        kinds.append(kind)
    return found


def _kind(strategy: Strategy) -> str:
    """What it is, by its colour."""
    if strategy.is_baseline:
        return INK
    if strategy.is_algorithm:
        return GREY
    if strategy.then or (strategy.runs == "coroutine" and strategy.shares != "loop"):
        return OCHRE  # two ideas in one
    if strategy.shares == "gil":
        return VERMILION
    if strategy.shares == "loop":
        return BLUE if strategy.runs == "coroutine" or strategy.path.parent == FOLDER else PURPLE
    return PURPLE if strategy.name == "interpreter_pool" else GREEN


def subject(workload: str) -> str:
    """What a workload is called where there is little room: `Downloads`."""
    return kind_of(workload).title.partition(" (")[0]


def title(figure: Figure | SubFigure, text: str) -> None:
    """Above all of it, where its text begins; in a page, its heading says it."""
    figure.suptitle(text, x=0.01, ha="left", fontsize=11, weight="bold", gid="title")


def save(draw: Callable[[float], Figure], *paths: str | Path) -> None:
    """Write what `draw` gives for a width, in inches, to each path, in the format of its suffix: WIDE, but NARROW where
    the name ends in `_narrow`. Files are byte-identical for identical figures."""
    figures = {width: draw(width) for width in {_width(path) for path in paths}}
    with rc_context(STYLE):
        for path in paths:
            is_svg = Path(path).suffix == ".svg"
            metadata = {"Date": None} if is_svg else {"Software": None}
            ground = "none" if is_svg else PAPER
            figures[_width(path)].savefig(path, dpi=150, metadata=metadata, facecolor=ground)


def _width(path: str | Path) -> float:
    return NARROW if Path(path).stem.endswith("_narrow") else WIDE
