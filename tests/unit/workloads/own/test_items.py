"""Items of any kind, read and checked: what is wrong is one line that names file and line."""

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from concurrency.errors import UserError
from concurrency.workloads import items

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=8,
)


def file(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding, newline="")
    return path


def test_numbers_and_lists_are_themselves():
    assert items.read({"start": -2, "count": 3}) == [-2, -1, 0]
    given = ["007", 7, 7.0, True, None, {"a": [1]}]
    assert items.read(given) == given
    assert [type(item) for item in items.read(given)] == [type(item) for item in given]


def test_lines_of_a_text(tmp_path):
    assert items.read(file(tmp_path, "urls.txt", "a\r\n\n  b c \nd", "utf-8-sig")) == ["a", "  b c ", "d"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.TSV", "\t")])
def test_rows_of_a_table(tmp_path, name, delimiter, end):
    rows = [["name", "what it, says"], ["x", 'a "quoted", b'], ["y; z", "two\nlines"], [], ["", "0"]]
    quoted = [['"{}"'.format(cell.replace('"', '""')) for cell in row] for row in rows]
    text = end.join(delimiter.join(row) for row in quoted)
    found = items.read(file(tmp_path, name, text, "utf-8-sig"))
    assert found == [dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row]


@given(some.lists(JSON, min_size=1, max_size=5))
def test_json_lines_are_what_they_say(tmp_path_factory, values):
    text = "\n\n".join(json.dumps(value) for value in values)
    folder = tmp_path_factory.mktemp("lines")
    assert items.read(file(folder, "a.jsonl", text)) == values
    assert items.read(file(folder, "a.json", json.dumps(values, indent=1))) == values


def test_files_that_are_called_like_that(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.txt", "sub/c.txt", "d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    (tmp_path / "folder.txt").mkdir()
    assert items.read("*.txt") == ["a.txt", "b.txt"]
    assert items.read("**/*.txt") == ["a.txt", "b.txt", "sub/c.txt"]
    before = items.digest("*.txt")
    assert items.digest("*.txt") == before
    (tmp_path / "a.txt").write_text("12")
    assert items.digest("*.txt") != before


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "\n \n", "a.txt: there are no items in it"),
        ("a.csv", "x,y\n", "a.csv: there are no items in it"),
        ("a.csv", "x,y\n1,2\n3\n", "a.csv: line 3: 1 cells, but 2 columns (x, y): '3'"),
        ("a.csv", "x,,y\n1,2,3\n", "a.csv: line 1: column 2 has no name: 'x,,y'"),
        ("a.csv", "x,x\n1,2\n", "a.csv: line 1: there are two columns named x"),
        ("a.csv", 'x,y\n1,"2\n', "a.csv: line 2: is no row of a table: "),
        ("a.jsonl", '{"a": 1}\n{"a": }\n', "a.jsonl: line 2: is no JSON: Expecting value"),
        ("a.jsonl", "NaN\n", "a.jsonl: line 1: is no JSON: NaN is none: 'NaN'"),
        ("a.json", '{"a": 1}', "a.json: expected a list of items, not '{\"a\": 1}'"),
        (
            "a.json",
            "1\n2\n",
            "a.json: is no JSON: Extra data: line 2 column 1 (char 2); with an item on each line, call",
        ),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, name, text, message):
    with pytest.raises(UserError) as caught:
        items.read(file(tmp_path, name, text))
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(caught.value)


def test_no_text_and_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="cannot be read as UTF-8 text"):
        items.read(file(tmp_path, "a.txt", "é", "latin-1"))
    with pytest.raises(UserError, match=r"^items: no file is called like \*\.jpg; looked in "):
        items.read("*.jpg")


@pytest.mark.parametrize("bad", [datetime.date(2026, 1, 2), float("nan"), {1, 2}, b"x"])
def test_what_json_cannot_carry(bad):
    with pytest.raises(UserError, match=r"^here: entry 2: .* which JSON cannot carry"):
        items.read([1, bad], "here")
