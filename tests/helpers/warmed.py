"""Snakemake's command line many times over: a process that has imported it forks a child for each."""

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
PATIENCE_S = 5  # of a run's own CPU time or, for what waits, twelve times that: longer is hanging


class Outcome(NamedTuple):
    """What a run ended with; stdout and stderr together."""

    returncode: int
    stdout: str

    @property
    def lines(self) -> list[str]:
        """Without what Snakemake says of its own accord."""
        framing = "Using workflow ", "Assuming unrestricted ", "Building DAG "
        return [line for line in self.stdout.splitlines() if line.strip() and not line.startswith(framing)]


class Warmed:
    """`snakemake -s Snakefile …` of this repository, in any folder."""

    def __enter__(self) -> "Warmed":
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, folder: Path, *arguments: str) -> Outcome:
        """As if typed in `folder`."""
        assert self._process.stdin
        assert self._process.stdout
        typed = ["-s", str(ROOT / "Snakefile"), *arguments]
        print(json.dumps([str(folder), typed]), file=self._process.stdin, flush=True)
        return Outcome(*json.loads(self._process.stdout.readline()))


def main() -> None:
    """Answer what `Warmed` asks."""
    import smart_open  # noqa: F401, PLC0415
    import snakemake.cli  # noqa: PLC0415
    import snakemake.workflow  # noqa: PLC0415

    from concurrency.planning import plan  # noqa: F401, PLC0415
    from concurrency.showing import messages  # noqa: F401, PLC0415

    snakemake.cli.parse_args(["--dry-run", "--workflow-profile", "none"])  # finds the plugins
    gc.freeze()  # what is shared with the children stays so
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        folder, arguments = json.loads(line)
        with tempfile.TemporaryFile() as said:
            if (child := os.fork()) == 0:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                os.chdir(folder)
                _run(snakemake.cli.main, arguments)
            code = _ended(child)
            said.seek(0)
            print(json.dumps([code, said.read().decode(errors="replace")]), file=answers, flush=True)


def _run(command: Callable[[list[str]], Any], arguments: list[str]) -> None:
    code: Any = 1
    try:
        command(arguments)
    except SystemExit as ended:
        code = ended.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:  # noqa: BLE001  (the interpreter would say it so)
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _ended(child: int) -> int:
    """The exit code of `child`; -9, if it had to be killed because it hangs."""
    begin, tick = time.monotonic(), os.sysconf("SC_CLK_TCK")
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        used = sum(map(int, Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13])) / tick
        if used > PATIENCE_S or time.monotonic() - begin > 12 * PATIENCE_S:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)


if __name__ == "__main__":
    main()
