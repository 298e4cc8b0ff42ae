"""What a log file says, line by line in Python: computing under the GIL."""

import json
from collections import Counter


def summary(path: str) -> dict[str, object]:
    """How often each action was taken in the file, by how many users, and how long it took."""
    actions, users, took_ms = Counter[str](), set[int](), 0.0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            actions[entry["action"]] += 1
            users.add(entry["user"])
            took_ms += entry["ms"] * len(entry["tags"])
    return {"actions": dict(actions), "users": len(users), "ms": took_ms}
