"""Replaying a site list: a local server plays it with each site's latency, size, framing and connection cost.

The server (`replay_server`) runs in a process of its own, so that it shares no GIL with the client it serves, and lives
as long as its standard input is open: when the job that started it ends, in whatever way, it ends too.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from concurrency.processes import environment
from concurrency.workloads.download.sites import Site

STARTS = ("concurrency.workloads.download.replay_server",)


@contextmanager
def serve(sites: Sequence[Site], seed: int, trace: str | None = None) -> Iterator[list[str]]:
    """Start a server for `sites` and yield the local URL of each, in their order; it stops on leaving.

    Equal URLs get equal local URLs. Every host has a port of its own (hosts beyond the 250th share), so that clients
    keep connections alive and apart as they would with the real hosts. With `trace` it notes in that file what each
    connection did when.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "concurrency.workloads.download.replay_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin and process.stdout
    with process:
        try:
            process.stdin.write(
                json.dumps({"sites": [asdict(site) for site in sites], "seed": seed, "trace": trace}) + "\n"
            )
            process.stdin.flush()
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
