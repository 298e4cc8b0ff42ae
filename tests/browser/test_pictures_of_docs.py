"""The pictures of README and docs/ are those that the workflow draws today."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.testing.compare import compare_images

ROOT = Path(__file__).parents[2]
TOLERANCE = 2.0  # root mean square of a channel's 256 steps, for what another build of FreeType does to letters

pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not (shutil.which("chromium") or shutil.which("chromium-browser")),
        reason="needs Debian's chromium (apt-get install chromium)",
    ),
]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Drawn afresh, and what is told of the report meanwhile."""
    folder = tmp_path_factory.mktemp("pictures")
    told = subprocess.run(
        [sys.executable, "docs/pictures.py", folder],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "scripts"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return folder, told.stdout


@pytest.mark.parametrize("name", ["workers", "interpreters", "timeline", "replay", "map"])
def test_they_are_as_they_would_be_drawn_today(drawn, name):
    folder, _ = drawn
    assert compare_images(str(ROOT / f"docs/{name}.png"), str(folder / f"{name}.png"), TOLERANCE) is None


def test_the_report_is_photographed_and_weighed(drawn):
    folder, told = drawn
    assert (folder / "report.png").stat().st_size > 10_000  # its letters are the browser's, which differ
    assert told.startswith("the report: ")
    assert float(told.split()[2]) <= 3  # MB
