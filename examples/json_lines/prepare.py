"""Makes the log files that `work.py` reads: `python prepare.py`."""

import json
import random
from pathlib import Path

FILES, LINES = 16, 6_000

folder = Path(__file__).parent / "logs"
folder.mkdir(exist_ok=True)
for number in range(FILES):
    chance = random.Random(number)
    with open(folder / f"{number:02}.jsonl", "w", encoding="utf-8") as file:
        for _ in range(LINES):
            words = [chance.choice(("get", "put", "list")), chance.choice("abcdefgh") * chance.randint(1, 20)]
            line = {"user": chance.randint(1, 500), "action": words[0], "tags": words, "ms": chance.random()}
            file.write(f"{json.dumps(line)}\n")
