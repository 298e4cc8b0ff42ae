"""What a script says of itself: the verdict, where it comes from, and what it does not do."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from concurrency.deciding.names import arm_name
from concurrency.deciding.tables import ArmKey
from concurrency.deciding.words import ANEW, counted
from concurrency.errors import without_logins
from concurrency.measuring.arms import Arm
from concurrency.measuring.interpreters import RUNNING
from concurrency.workloads.workload import Workload

BLIND_TO_NETRC = ("httpx_async", "curl_multi")
MACHINE = ("Processor", "Cores", "Memory", "System")


def paragraphs(
    workload: Workload,
    arm: Arm,
    answer: Mapping[str, Any],
    machine: Mapping[str, str],
    when: datetime,
    is_screened: bool,
    why: str = "",
) -> Iterator[str]:
    """Those of the script of `arm`, which the `answer` of the verdict recommends or which, for the reason `why`, does
    the work for want of a recommendation; measured on that `machine`, after a screening of worker counts if it
    `is_screened`."""
    name = arm_name(workload.name, ArmKey(arm.strategy, int(arm.workers), arm.options_text, arm.interpreter))
    yield f"{workload.title.partition(' (')[0]}: {name}."
    yield answer.get("sentence", "No answer: it was not measured.")
    if "strategy" not in answer or why:
        yield " ".join(filter(None, ["This does one item after the other, for want of a recommendation.", why]))
    facts = "; ".join(machine[name] for name in MACHINE if name in machine)
    anew = ANEW[is_screened].replace("snakemake", "snakemake compare")
    rounds = f"in {counted(answer['rounds'], 'round')} " if "rounds" in answer else ""
    python = answer.get("interpreter") or RUNNING.label
    yield f"Measured {rounds}on {when:%Y-%m-%d}: {python}; {facts}. To measure again: {anew}"
    if arm.executable:
        yield (
            f"Run it under the interpreter that this was measured on, {arm.interpreter}: {arm.executable}, or "
            f"uv run --python {arm.executable}"
        )
    if workload.name == "download":
        pages = f"for up to {arm.workers} pages at once" if int(arm.workers) > 1 else "for one page after the other"
        yield (
            f"It asks {pages}, and has neither the limits per host, nor the retries, the robots.txt and the resuming, "
            "that the downloads of `snakemake job` have."
        )
        if isinstance(workload.source, list) and any(without_logins(url) != url for url in workload.source):
            netrc = "put them into ~/.netrc, or " if arm.strategy not in BLIND_TO_NETRC else ""
            yield f"The logins of its list are not in here: {netrc}give --items URLs that have them."
