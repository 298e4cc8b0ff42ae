"""What is known of a map that is being surveyed, written down sweep by sweep, so that a killed survey goes on."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from concurrency.mapping.grid import Place
from concurrency.mapping.sweeping import Sweep

Contenders = dict[str, dict[Place, list[str]]]  # of each interpreter, at each place: the names of strategies


@dataclass(eq=False)
class Stage:
    """Some places with who contends there, swept in so many rounds, which `count` or only found out who contends."""

    contenders: Contenders
    rounds: int
    counts: bool
    sweeps: list[tuple[int, Sweep]] = field(default_factory=list)  # with the number of the round, from 0

    def has(self, number: int, interpreter: str, strategy: str) -> bool:
        """Whether that was swept in that round."""
        return any(
            (number, interpreter, strategy) == (round_, one.interpreter, one.strategy) for round_, one in self.sweeps
        )


class Journal:
    """The stages of a survey under some `conditions`; what was found under others is forgotten."""

    def __init__(self, file: Path, conditions: Mapping[str, Any]) -> None:
        self.file = file
        self.stages: list[Stage] = []
        self.unit_s: dict[str, float] = {}
        self._calibrating_s = 0.0
        lines, first = self._lines(), json.dumps({"conditions": conditions})
        if lines and lines[0] == json.loads(first):
            for line in lines[1:]:
                self._take(line)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(first + "\n", encoding="utf-8")

    def _lines(self) -> list[dict[str, Any]]:
        """Those that are whole: what a kill has left of the last one is cut off."""
        if not self.file.exists():
            return []
        data = self.file.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(self.file, len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def _take(self, line: dict[str, Any]) -> None:
        if "unit_s" in line:
            self.unit_s[line["interpreter"]] = line["unit_s"]
            self._calibrating_s += line["lasted_s"]
        elif "sweep" in line:
            told = line["sweep"]
            told["places"] = [Place(*place) for place in told["places"]]
            self.stages[-1].sweeps.append((line["round"], Sweep(**told)))
        else:
            contenders = {
                label: {Place(*place): names for place, names in of_places}
                for label, of_places in line["contenders"].items()
            }
            self.stages.append(Stage(contenders, line["rounds"], line["counts"]))

    def calibrated(self, interpreter: str, unit_s: float, lasted_s: float) -> None:
        """Note what a unit of computing takes, and how long it took to find that out."""
        self._add({"interpreter": interpreter, "unit_s": unit_s, "lasted_s": lasted_s})

    def begin(self, stage: Stage) -> None:
        """Note that a stage begins."""
        contenders = {label: list(of_places.items()) for label, of_places in stage.contenders.items()}
        self._add({"contenders": contenders, "rounds": stage.rounds, "counts": stage.counts})

    def add(self, number: int, sweep: Sweep) -> None:
        """Note a sweep of the last stage in round `number`."""
        self._add({"round": number, "sweep": asdict(sweep)})

    def _add(self, line: dict[str, Any]) -> None:
        text = json.dumps(line)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        self._take(json.loads(text))

    @property
    def used_s(self) -> float:
        """How long everything together has lasted."""
        return self._calibrating_s + sum(sweep.lasted_s for stage in self.stages for _, sweep in stage.sweeps)
