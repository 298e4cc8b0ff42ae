"""Writes docs/faults.md: what the downloader and the curl command make of each case of the fault table.

python -m tests.fault.curl > docs/faults.md
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from concurrency.downloader import fetch
from helpers.places import Places, serving

from .cases import CASES, Case
from .fetching import LIMITS, fetch_pages

CURL = ["curl", "--silent", "--location", "--max-redirs", "10", "--compressed"]


def main() -> None:
    version = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split(" (")[0]
    print(HEADER.format(version=version, command=" ".join(CURL[1:])))
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as places:
        for case in CASES:
            if case.at in places.urls:
                print(f"| {case.name} | {_ours(case, places)} | {_curl(case, places)} |", flush=True)


def _begin(case: Case, places: Places) -> dict[str, str]:
    places.server.play({"/case": case.scripts, **case.others})
    places.server.keeps_open = case.keeps_open
    return {"SSL_CERT_FILE": str(places.authority), **places.environments.get(case.at, {})}


def _ours(case: Case, places: Places) -> str:
    environment = _begin(case, places)
    os.environ.update(environment)
    try:
        with tempfile.TemporaryDirectory() as folder:
            manners = fetch.Manners(8, use_proxies=case.at in places.environments)
            limits = replace(LIMITS, **case.limits)
            [page] = fetch_pages([places.urls[case.at] + "/case"], Path(folder), limits, manners)
    finally:
        for name in environment:
            del os.environ[name]
    return f"{page.error or 'whole'}, {_requests(places)}"


def _curl(case: Case, places: Places) -> str:
    environment = _begin(case, places)
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder, "body")
        limits = ["--max-time", "2", "--max-filesize", str(replace(LIMITS, **case.limits).max_bytes)]
        trust = ["--cacert", places.authority]
        done = subprocess.run(
            [
                *CURL,
                *limits,
                *trust,
                "--output",
                body,
                "--write-out",
                "%{http_code}",
                places.urls[case.at] + "/case",
            ],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        kept = body.read_bytes() if body.exists() else b""
    if done.returncode:
        verdict = f"exit {done.returncode}"
    elif done.stdout != "200":
        verdict = f"exit 0, status {done.stdout}"
    else:
        verdict = "whole" if kept == case.body else "**exit 0, as if whole**"
    return f"{verdict}, {_requests(places)}"


def _requests(places: Places) -> str:
    count = sum(number for path, number in places.server.hits.items() if path.startswith("/"))
    return f"{count} request{'' if count == 1 else 's'}"


HEADER = """# The fault table

What the downloader and {version} (`{command}`) make of each fault of `tests/fault/cases.py`, and how many requests
the server saw. Ours is the `error` of the row, after two
retries where they can help; curl makes none here. curl has one class for each exit code, and calls any reply a success
that is complete by HTTP, whatever its status; where it ends with exit code 0 and status 200 although what it
kept is not what the server meant to send, that is in bold. Written by `python -m tests.fault.curl > docs/faults.md`.

| fault | downloader | curl |
|---|---|---|"""

if __name__ == "__main__":
    main()
