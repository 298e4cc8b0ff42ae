"""Rule verify: one by one and the recommended arm on the real sites, twice each, beside what the replay said."""

import json
import logging
from pathlib import Path
from typing import Any

from concurrency.cores import usable
from concurrency.deciding import names, recording, tables
from concurrency.deciding.tables import ArmKey
from concurrency.errors import shown
from concurrency.measuring import arms, interpreters, lock, sampling
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import SampleError
from concurrency.measuring.comparison import with_finalists
from concurrency.running import job
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.download.workload import Download


def main(snakemake: Any) -> None:
    files, cores = snakemake.input, usable(snakemake.threads)
    comparison = with_finalists(snakemake.params.compared, files.get("finalists"))[0]
    workload = comparison.workload
    assert isinstance(workload, Download)
    summary = tables.read_summary(files.summary)
    verdict = json.loads(Path(files.verdict).read_text(encoding="utf-8"))[workload.name]
    chosen = _chosen(arms.resolved(comparison.arms, cores), verdict)
    with lock.machine_to_itself():
        found = _verified(workload, chosen, sampling.Conditions(**snakemake.params.conditions))
    known = summary.assign(interpreter=summary["interpreter"].str.removesuffix(interpreters.GIL_IS_BACK))
    for arm in found["arms"]:
        same = known[(known[tables.ARM] == list(arm.pop("key"))).all(axis="columns")]
        same = same[(same["workload"] == workload.name) & (same["host"] == verdict["host"])]
        arm["replayed_s"] = None if same["median_s"].isna().all() else float(same["median_s"].iloc[0])
    found["sentence"] = recording.verified(found)
    Path(snakemake.output[0]).write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    logging.info("%s", found["sentence"])


def _chosen(measured: list[Arm], verdict: dict[str, Any]) -> list[Arm]:
    """One by one and the recommended arm, of its interpreter; fewer where there is no such arm, or where it is that."""
    if "strategy" not in verdict:
        return []
    interpreter = verdict["interpreter"].removesuffix(interpreters.GIL_IS_BACK)
    own = [arm for arm in measured if _key(arm).interpreter == interpreter]
    recommended = (verdict["strategy"], verdict["workers"], verdict["options"])
    return [arm for arm in own if arm.strategy == BASELINE or _key(arm)[:3] == recommended]


def _key(arm: Arm) -> ArmKey:
    label = arm.interpreter or interpreters.RUNNING.label
    return ArmKey(arm.strategy, int(arm.workers), arm.options_text, label)


def _verified(workload: Download, chosen: list[Arm], conditions: sampling.Conditions) -> dict[str, Any]:
    """What they took, in turns and back, so that what changes meanwhile meets both alike; no further than the first
    failure, whose `error` it is then."""
    if not chosen:
        return {"arms": [], "error": "no arm was recommended"}
    most = max(int(arm.workers) for arm in chosen)
    logging.warning(
        "verify: now asking the real sites for %d pages, %d times, up to %d at once, as download.live.verify allows",
        len(_asked(workload)), 2 * len(chosen), most,
    )  # fmt: skip
    took: dict[ArmKey, list[float]] = {_key(arm): [] for arm in chosen}
    error = ""
    try:
        for arm in [*chosen, *reversed(chosen)]:
            took[_key(arm)].append(_real_s(workload, arm, conditions))
    except SampleError as failure:
        error = f"{names.arm_name(workload.name, _key(arm))}: {failure}"
        logging.warning("verify: %s", error)
    found = [{"key": key, "name": names.arm_name(workload.name, key), "real_s": times} for key, times in took.items()]
    return {"arms": found, "error": error}


def _asked(workload: Download) -> list[str]:
    """The pages that may be asked for: those with a login, which is not recorded, are left out."""
    return [site.url for site in workload.sites if "***@" not in site.url]


def _real_s(workload: Download, arm: Arm, conditions: sampling.Conditions) -> float:
    """Raises SampleError where a page did not come."""
    strategy, urls = workload.strategies()[arm.strategy], _asked(workload)
    options = strategy.defaults | dict(arm.options)
    measured, answers = sampling.run_sample(
        workload, strategy, int(arm.workers), options, urls, conditions, executable=arm.executable
    )  # fmt: skip
    for url, (status, _) in zip(urls, answers, strict=True):
        if status != 200:
            raise SampleError(f"{shown(url)}: {f'status {status}' if status else 'the transfer failed'}")
    return float(measured["wall_s"])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
