"""What is said to the user: the one exception that is meant for their eyes, and texts made fit for them."""

import difflib
import re
from collections.abc import Collection, Iterable

_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")


class UserError(Exception):
    """Something the user can put right. The message is one line that names the file, the place and what to do."""


def meant(word: object, known: Iterable[str], among: str) -> str:
    """`did you mean …?`, where one of `known` is nearly `word`; else `among` and all of them."""
    words = list(known)
    return hint(word, words) or f"{among}{', '.join(words)}"


def hint(word: object, known: Collection[str]) -> str:
    """`did you mean …?`, where one of `known` is nearly `word`; else nothing."""
    folded = {name.lower(): name for name in reversed(list(known))}
    close = difflib.get_close_matches(str(word).lower()[:100], folded, n=1)
    return f"did you mean {folded[close[0]]}?" if close else ""


def shown(text: str) -> str:
    """A URL, or a text with URLs in it, as it may be printed and stored: without logins, which are secrets."""
    return _LOGIN.sub("***@", text)


def without_logins(text: str) -> str:
    """The same as it may be asked for without them."""
    return _LOGIN.sub("", text)


def printable(text: str) -> str:
    """`text` on one line, without logins, and with what a terminal would obey (servers may send it) spelt out."""
    line = shown(" ".join(text.split()))
    return line if line.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
