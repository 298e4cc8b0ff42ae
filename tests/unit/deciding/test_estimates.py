"""Effects and the widths of their intervals."""

import numpy as np
import pytest

from concurrency.deciding.estimates import half_width
from concurrency.deciding.summary import summarise
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, around, table


def test_half_width_is_that_of_the_recommended_arm():
    timings = table({ONE_BY_ONE: around(1.5, noise=0.1), ASYNCIO: around(0.15, seed=1)})
    first = summarise(timings).iloc[0]
    assert half_width(timings, "download") == pytest.approx(np.log(first["speedup_high"] / first["speedup"]))
    broken = table({ONE_BY_ONE: [None] * 10, ASYNCIO: around(0.15)})
    assert half_width(broken, "download") == 0
    assert half_width(table({ONE_BY_ONE: [1.5], ASYNCIO: [0.15]}), "download") == np.inf
