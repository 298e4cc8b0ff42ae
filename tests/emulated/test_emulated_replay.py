"""What is recorded of a path, live, is replayed as it truly is: waiting dominates, so that any machine must find it."""

import pandas as pd
import pytest
from truth import Case, campaign
from truth.judge import judge

from concurrency.measuring.arms import Arm
from helpers.emulated.worlds import World, pages

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]

ARMS = (Arm("sequential"), Arm("threads", 4), Arm("asyncio", 12), Arm("asyncio_session_per_request", 12))
WORLDS = {
    "plain": World(pages(12, think_ms=(20, 80), seed=21), rtt_ms=30, mbit_per_s=40),
    "TLS, four at once": World(
        pages(12, (30_000, 150_000), (40, 100), "gzip", seed=22), rtt_ms=40, mbit_per_s=40, tls=True, slots=4
    ),
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_replay_tells_the_truth(name):
    case = Case(name, WORLDS[name], arms=ARMS)
    samples = pd.DataFrame(campaign.measure(name, case, rounds=3, seed=1, old=None))
    [judged] = judge(samples)
    assert judged.errors.max() <= 0.15, judged.arms
    assert judged.time_errors.max() <= 0.15, judged.arms
