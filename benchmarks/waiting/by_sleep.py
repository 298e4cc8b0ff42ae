"""The map's work, asleep."""

import asyncio
import time
from typing import Any

from concurrency.work import Work
from concurrency.workloads.mixed.work import compute, expected

__all__ = ["build", "expected"]


def build(form: str = "") -> Work:
    return Work(function=wait, coroutine=wait_on_loop, then=compute)


def wait(item: Any) -> int:
    seconds, units = item
    if seconds:
        time.sleep(seconds)
    return units


async def wait_on_loop(item: Any) -> int:
    seconds, units = item
    if seconds:
        await asyncio.sleep(seconds)
    return units
