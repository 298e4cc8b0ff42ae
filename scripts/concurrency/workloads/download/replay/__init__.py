"""Replaying a site list: a local server plays the sites, and the path to them, as `path.model` has it.

The server (`replay.server`) runs in a process of its own, so that it shares no GIL with the client it serves, and lives
as long as its standard input is open: when the job that started it ends, in whatever way, it ends too.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict

from concurrency.errors import UserError
from concurrency.processes import environment
from concurrency.workloads.download import trust
from concurrency.workloads.download.sites import Site

STARTS = ("concurrency.workloads.download.replay.server",)


@contextmanager
def serve(
    sites: Sequence[Site], seed: int, mbit_per_s: float | None = None, trace: str | None = None
) -> Iterator[list[str]]:
    """Start a server for `sites` and yield the local URL of each, in their order; it stops on leaving.

    All share a link of `mbit_per_s` (None: without a limit). Equal URLs get equal local URLs. Every host has a port of
    its own (hosts beyond the 250th share), so that clients keep connections alive and apart as they would with the real
    hosts. Where there is TLS, what is started meanwhile trusts the certificates (see `trust`). With `trace` it notes in
    that file what each connection did when.
    """
    order = {"sites": [asdict(site) for site in sites], "seed": seed, "mbit_per_s": mbit_per_s, "trace": trace}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "concurrency.workloads.download.replay.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin and process.stdout
    with process:
        try:
            with suppress(BrokenPipeError):  # then there is no answer either
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
            if not (line := process.stdout.readline()):
                raise UserError(f"the replay's server did not start (exit code {process.wait()}); its log says why")
            answer = json.loads(line)
            with trust.trusting(answer["authority"]) if answer["authority"] else nullcontext():
                yield answer["urls"]
        finally:
            process.stdin.close()
