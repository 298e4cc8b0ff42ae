"""What is seen of the user's functions without running their files, and where nothing is said; whom one may ask."""

import pytest

from concurrency.errors import UserError
from concurrency.running import named
from concurrency.running.contact import is_contact

WRONG = {
    "a syntax error": ("x = 1\ndef f(n)\n", {}, "function: {}:2: this is no Python: "),
    "another encoding": ("name = '\\xff'\n", {}, "function: {}: this is no Python: "),
    "another name": ("def cube(n): ...", {"function": "cbue"}, "function: {}: there is no cbue in it; did you mean "),
    "no such name": ("import os", {}, "function: {}: there is no f in it"),
    "a name within": ("class A:\n    def f(self): ...", {}, "function: {}: there is no f in it"),
    "an async def": ("async def f(n): ...", {}, "function: {}:f is an `async def`; give it as `coroutine`"),
    "a def": ("def f(n): ...", {"coroutine": "f"}, "coroutine: {}:f is no `async def`; give it as `function`"),
    "an async `then`": ("async def g(n): ...", {"then": "g"}, "then: {}:g is an `async def`; give a `def`"),
    "no argument": ("def f(): ...", {}, "function: {}:f() does not take what it is called with: an item"),
    "two": ("def f(a, b, /): ...", {}, "function: {}:f(a, b, /) does not take what it is called with: an item"),
    "one by name": ("def f(a, *, b): ...", {}, "function: {}:f(a, *, b) does not take what it is called with: an item"),
    "what `open` gives": (
        "def f(a): ...\ndef o(): ...", {"function": "f", "open": "o"},
        "function: {}:f(a) does not take what it is called with: an item and what `open` gives",
    ),
    "an `open` that asks": ("def o(a): ...", {"open": "o"}, "open: {}:o(a) does not take what it is called with: not"),
    "a share": ("def s(n): ...", {"split": "s"}, "split: {}:s(n) does not take what it is called with: where"),
    "a check of one": ("def c(n): ...", {"check": "c"}, "check: {}:c(n) does not take what it is called with: two"),
}  # fmt: skip

RIGHT = {
    "a def": "def f(n, more=1, *, most=2): ...",
    "with all": "def f(*all): ...",
    "a class": "class f: ...",
    "decorated": "@cache\ndef f(): ...",
    "defined twice": "def f(): ...\ndef f(n): ...",
    "given to another": "def f(): ...\nf = wrapped(f)",
    "deleted": "def f(): ...\ndel f",
    "imported": "from os import path as f",
    "one of these": "try:\n    from fast import f\nexcept ImportError:\n    def f(): ...",
    "in a block": "if True:\n    async def f(n): ...",
    "a loop's": "for f in range(3): ...",
    "a match's": "match 1:\n    case f: ...",
    "of a walrus": "(f := 1)",
    "of a with": "with x as (f, g): ...",
    "made global": "def g():\n    global f\n    f = g",
    "from wherever": "from os import *",
    "made up": "def __getattr__(name): ...",
    "put in": "globals()['f'] = 1",
    "made by exec": "exec('f = 1')",
    "another module": "import sys\nsys.modules[__name__] = 1",
    "what warns": "def f(n): return '\\d'",
}


@pytest.mark.parametrize(("text", "places", "line"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_one_line(tmp_path, text, places, line):
    file = tmp_path / "own.py"
    file.write_bytes(text.encode().replace(b"\\xff", b"\xff") + b"\n")
    with pytest.raises(UserError) as caught:
        named.check({key: f"{file}:{name}" for key, name in (places or {"function": "f"}).items()}, "works.a")
    assert str(caught.value).startswith(f"works.a.{line.format(file)}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
@pytest.mark.filterwarnings("error")
def test_what_may_well_be_is_left_alone(tmp_path, text):
    (tmp_path / "own.py").write_text(f"{text}\n")
    named.check({"function": f"{tmp_path}/own.py:f", "check": None}, "works.a")


@pytest.mark.parametrize(
    "text",
    [
        "me@example.org",
        "A. Person <a.person@maths.uni-x.ac.uk>",
        "https://example.org/bot",
        "http://localhost:8/",
        "me@ü.de",
    ],
)
def test_a_contact(text):
    assert is_contact(text)


NO_CONTACTS = [
    "", "@", "://", "me", "me@host", "me@", "@example.org", "me@.org", "me@@example.org", "https://", "https:///bot",
    "ftp://example.org", "TODO://", "a@ b.org", "me@example.org\n", "me@example.org\r\nX-Header: 1", "me@example.org\0",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_CONTACTS)
def test_no_contact(text):
    assert not is_contact(text)
