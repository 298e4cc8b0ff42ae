"""What docs/upstream.md says of aiohttp is so, with the aiohttp in the lock; when it no longer is, this fails."""

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs/upstream.md"


def test_a_bare_session_takes_the_reply_too_many_for_the_next_page():
    [program] = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert said.splitlines() == ["/a /a", "/b /a", "/c /b"]
