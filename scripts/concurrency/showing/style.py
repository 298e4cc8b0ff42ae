"""How all pictures look, and how they are saved."""

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind readers can tell apart; shape and text always say the same as colour.
BEST, OTHER, FAILED, SAMPLE = "#0072B2", "#555555", "#D55E00", "#999999"
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "concurrency",  # the same data gives the same file
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def save(figure: Figure, *paths: str | Path) -> None:
    """Write `figure` to each path, in the format of its suffix, byte-identical for identical figures."""
    with rc_context(STYLE):
        for path in paths:
            svg = str(path).endswith(".svg")
            figure.savefig(path, dpi=150, metadata={"Date": None} if svg else {"Software": None})
