"""The job itself: the downloader, which writes files and knows their digests, against commands that do both."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nginx
from contestants.programs import ARIA2C, CURL, WGET2, Program, command, written

from . import Contest, Goal, Size

JOB = [sys.executable, str(Path(__file__).parents[1] / "job.py")]
OPENSSL = "openssl dgst -r -sha256"  # where coreutils are built without libcrypto, three times as fast as sha256sum


@contextmanager
def contest(size: Size) -> Iterator[Contest]:
    pages, in_flight = size.throughput_pages, size.throughput_in_flight
    with nginx.serve(60_000) as url:
        urls = [f"{url}?{i}" for i in range(pages)]
        yield Contest(
            "job",
            f"The job itself: {pages:,} pages of 60 kB without latency from nginx into files, {in_flight} in flight",
            "time / curl with sha256sum",
            [
                command(name, program, urls, 60_000, in_flight, kind="ours" if name == "downloader" else "peer")
                for name, program in PROGRAMS.items()
            ],
            lambda name, others: others[name].lasted / others["curl --parallel, sha256sum"].lasted,
            [Goal("`downloader` at most 0.9", ("downloader",), 0.9, at_most=True)],
        )


def digested(program: Program, digest: str) -> Program:
    """`program`, and then the command `digest` on what it has written."""
    return replace(
        program,
        arguments=lambda file, n: ["sh", "-c", f"{shlex.join(program.arguments(file, n))} && {digest} pages/*"],
        digests=True,
    )


PROGRAMS = {
    "downloader": Program(
        "", [*JOB, "1", os.devnull], lambda file, n: [*JOB, str(n), str(file)], "\n".join, written, digests=True
    ),
    "curl --parallel, sha256sum": digested(CURL, "sha256sum"),
    "wget2, sha256sum": digested(WGET2, "sha256sum"),
    "curl --parallel, openssl": digested(CURL, OPENSSL),
    "wget2, openssl": digested(WGET2, OPENSSL),
    "curl --parallel, no digests": CURL,
    "wget2, no digests": WGET2,
    "aria2c, no digests": ARIA2C,
}
