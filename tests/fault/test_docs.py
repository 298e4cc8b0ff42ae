"""docs/downloads.md names every class of failure and every limit, as they are."""

from pathlib import Path

from concurrency.downloader import fetch
from concurrency.downloader.failures import KINDS
from concurrency.running.config import SCHEMA
from concurrency.running.settings import resolve

DOCS = (Path(__file__).parents[2] / "docs/downloads.md").read_text(encoding="utf-8")
LIMITS = SCHEMA["properties"]["download"]["properties"]["limits"]["properties"]


def test_classes_are_documented():
    for name, kind in KINDS.items():
        [row] = [line for line in DOCS.splitlines() if line.startswith(f"| `{name}` |")]
        assert kind.meaning in row
        assert kind.remedy in row


def test_limits_are_documented():
    for name, rule in LIMITS.items():
        [row] = [line for line in DOCS.splitlines() if line.startswith(f"| `{name}` |")]
        assert f"| {str(rule['default']).lower()} |" in row


def test_defaults_are_the_same_in_schema_and_code():
    assert fetch.Limits(**resolve({}).download.limits) == fetch.Limits()
