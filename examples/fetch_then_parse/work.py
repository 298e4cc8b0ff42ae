"""Fetch, then parse: a coroutine that waits, and a function that computes on what came back."""

import asyncio
import time
from collections import Counter

WAIT_S, COMPUTE_S = 0.05, 0.02


async def fetch(number: int) -> list[int]:
    """Stands for your client: 50 ms until something is there."""
    await asyncio.sleep(WAIT_S)
    return [number * i % 97 for i in range(2_000)]


def parse(values: list[int]) -> list[tuple[int, int]]:
    """Stands for your parser: 20 ms of computing in Python."""
    end = time.thread_time() + COMPUTE_S
    found = Counter(values)
    while time.thread_time() < end:
        found = Counter(values)
    return found.most_common(3)
