"""What a finished download leaves for the comparison: the profile of its pages, and of the path to them."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from concurrency.downloader import probe, recorded
from concurrency.downloader.disk import disk
from concurrency.downloader.limits import Limits, Manners
from concurrency.errors import shown
from concurrency.workloads.download.recording import profile
from concurrency.workloads.download.sites import Site


def write_profile(params: Any, output: Any, folder: Path, wanted: Sequence[Site], has_failed: bool) -> None:
    """Into `output.profile` and `output.path`, of the sites `wanted`, for the rule's `params`.

    Of live sites as they were recorded in `folder`, with the probe, if it is allowed and the download has not failed;
    else as the list has them.
    """
    is_live = params.source == "live"
    if is_live and params.live["probe"] and not has_failed:
        manners = Manners.live(params.in_flight, params.live)
        names = [shown(site.url) for site in wanted]
        probe.run(folder, names, manners, Limits(**params.limits), logging.warning)
    with disk(folder):
        found = (
            profile.profile(recorded.read(folder), profile.rows(output.pages), params.seed)
            if is_live
            else profile.of_list(wanted, params.path["mbit_per_s"])
        )
        profile.write(found, output.profile, output.path)
