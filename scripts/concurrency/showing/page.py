"""What all pages are made of: their template, and pictures that stand in them."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from concurrency.showing import style

READS = ("page.html.j2",)
PAGE_COLOURS = {style.INK: "--ink", style.DIM: "--dim", style.GRID: "--line", style.PAPER: "--paper"}
ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def picture(path: Path, says: str, has_caption: bool = True) -> dict[str, Any]:
    """An SVG file and the one for a phone, to stand in the page, and what they show in words, for those who cannot see
    it and, as its caption, for all."""
    narrow = path.with_stem(f"{path.stem}_narrow")
    return {"wide": _svg(path, says), "narrow": _svg(narrow, says), "text": says if has_caption else ""}


def _svg(path: Path, says: str) -> Markup:
    """Its ids made its own, its neutral colours those of the page, and no more decimals than are seen."""
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{path.stem}-", svg)
    svg = re.sub(r' d="([^"]*)"', _shorter, re.sub(r"\n +", "\n", svg))
    for colour, variable in PAGE_COLOURS.items():
        svg = svg.replace(colour, f"var({variable})")
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(says)}"', 1)
    return Markup(svg)  # noqa: S704  (drawn by us; matplotlib escapes the text in it)


def _shorter(path: re.Match[str]) -> str:
    """A path in tenths of a point, of which lines that go straight across or down are written as what they are."""
    written, last = "", ("", "")
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path[1]):
        points = tuple(re.sub(r"(\.\d)\d+", r"\1", numbers).split())
        if command == "L" and points[1] == last[1]:
            written += f"H{points[0]}"
        elif command == "L" and points[0] == last[0]:
            written += f"V{points[1]}"
        else:
            written += command + " ".join(points)
        last = (points[-2], points[-1]) if points else last
    return f' d="{written}"'
