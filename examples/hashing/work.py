"""Digests of large blocks: computing that releases the GIL."""

import hashlib

MEGABYTE = bytes(range(256)) * 4096


def digest(number: int) -> str:
    """SHA-256 of a block of 24 MB, another one for each number."""
    found = hashlib.sha256(number.to_bytes(8, "big"))
    for _ in range(24):
        found.update(MEGABYTE)
    return found.hexdigest()
