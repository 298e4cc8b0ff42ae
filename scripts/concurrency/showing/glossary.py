"""The words of the report: ten that a reader may not know, what they mean, and links to that where they first stand."""

import re
from dataclasses import dataclass, field

from markupsafe import Markup, escape

GLOSSARY = {
    "strategy": "One way to do many things at once: threads, asyncio, process_pool and so on.",
    "one by one": "Each item after the other, in one thread: the strategy sequential, which others are held against.",
    "arm": "A strategy with a number of workers and its options: what is measured.",
    "worker": "What does one item at a time: a thread, a process, an interpreter; for asyncio, an item in flight, "
    "which is begun and not ended.",
    "round": "Every arm once, in random order, each in a fresh interpreter: a sample of each. Times are compared "
    "within a round, so that what slows all of it down speaks for no arm.",
    "screening": "Short rounds before those that count, to find with how many workers a strategy is worth measuring.",
    "times as fast": "The speed-up: the time of one by one over that of the arm, averaged (geometrically) over rounds.",
    "95 % interval": "Where the true value lies: for all arms of a work at once, in 95 of 100 runs like this one.",
    "GIL": "The global interpreter lock of CPython: only the thread that holds it runs Python code. Processes and "
    "subinterpreters have one each; free-threaded builds have none.",
    "event loop": "What runs asyncio's tasks, in one thread: each runs until it awaits something, then the next one "
    "that is ready.",
}
USES = {  # how each is written, where that is not as it stands
    "strategy": "strateg(?:y|ies)",
    "arm": "arms?",
    "worker": "workers?|in flight",
    "round": "rounds?",
    "times as fast": r"(?:×|times) as fast",
    "95 % interval": r"95 %(?: intervals?)?",
}


def anchor(term: str) -> str:
    """The id of its entry."""
    return "word-" + "-".join(re.findall(r"\w+", term.lower()))


@dataclass
class Linked:
    """Text for a page, in which the first use of each term on that page leads to its entry."""

    _seen: set[str] = field(default_factory=set)

    def __call__(self, text: str) -> Markup:
        return Markup(PATTERN.sub(self._link, str(escape(text))))  # noqa: S704  (escaped before links are put in)

    def _link(self, found: re.Match[str]) -> str:
        term = TERMS[(found.lastindex or 1) - 1]
        if term in self._seen:
            return found[0]
        self._seen.add(term)
        return f'<a class="term" href="#{anchor(term)}">{found[0]}</a>'


TERMS = sorted(GLOSSARY, key=len, reverse=True)  # those that hold others before these
PATTERN = re.compile(rf"(?<!\w)(?:{'|'.join(f'({USES.get(term, re.escape(term))})' for term in TERMS)})(?!\w)")
