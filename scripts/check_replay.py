"""Rule check_replay: what the replay takes for what was really measured: one by one, and as it was downloaded."""

import asyncio
import json
import logging
from pathlib import Path
from statistics import fmean
from typing import Any

import aiohttp

from concurrency.downloader import recorded
from concurrency.measuring import lock, sampling
from concurrency.measuring.child import SampleError
from concurrency.measuring.comparison import Comparison
from concurrency.running import job
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.download import light_pass
from concurrency.workloads.download.workload import Download


def main(snakemake: Any) -> None:
    workload = Comparison.of(snakemake.params.compared[0]).workload
    assert isinstance(workload, Download)
    output = Path(snakemake.output[0])
    real = light_pass.of(recorded.read(output.parent), workload.sites)
    found: dict[str, dict[str, float]] = {}
    if real:
        try:
            found = _compared(workload, real, sampling.Conditions(**snakemake.params.conditions))
        except (SampleError, aiohttp.ClientError) as error:  # the comparison will tell; whether it is true cannot be
            logging.warning("the replay could not be checked: %s", error)
    for kind, took in found.items():
        logging.info("%s: really %.3g s, replayed %.3g s", kind, took["real_s"], took["replayed_s"])
    output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _compared(
    workload: Download, real: light_pass.LightPass, conditions: sampling.Conditions
) -> dict[str, dict[str, float]]:
    baseline = workload.strategies()[BASELINE]
    late_s = len(real.places) * fmean(workload.network.stalls_ms or [0.0]) / 1000  # round 0 has none of them
    expected = workload.expected()
    with lock.machine_to_itself(), workload.at_hand() as urls:
        asked = [urls[place] for place in real.places]
        in_order = [urls[place] for place in sorted(real.places)]
        sample, answers = sampling.run_sample(workload, baseline, 1, baseline.defaults, in_order, conditions)
        if answers != [expected[place] for place in sorted(real.places)]:
            raise SampleError("not all pages came from the replay")
        polite_s = asyncio.run(light_pass.fetch_at(asked, real.offsets_s))
    return {
        "one_by_one": {
            "real_s": real.one_by_one_s(workload.sites, workload.network.mbit_per_s),
            "replayed_s": sample["work_s"] + late_s,
        },
        "polite": {"real_s": real.polite_s, "replayed_s": polite_s + late_s},
    }


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
