"""How numbers, lists, arms and commands are written, wherever people read them. Nothing is computed here."""

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from concurrency.deciding.inference import Effect
from concurrency.workloads.known import ONE_WORK, kind_of

ANEW = {False: "snakemake --forcerun measure", True: "snakemake --forcerun screen"}  # by whether that comes first
NAMED = 4  # at most, in a sentence; the picture and the table have them all
MORE_DIGITS = 2  # at most, beyond those that any estimate has, however narrow its interval is


def with_interval(effect: Effect) -> str:
    """How many times, with its interval: `8.2× (8.1–8.4)`; without one where a single round leaves none."""
    ratio, low, high = in_digits(effect)
    return f"{ratio}× ({low}–{high})" if low else f"{ratio}×"


def times(effect: Effect) -> str:
    """The same without the interval, in the digits that it supports: `8.2×`."""
    return f"{in_digits(effect)[0]}×"


def interval(effect: Effect) -> str:
    """The interval alone, in the digits that stand with the estimate: `95 %: 8.1–8.4`."""
    _, low, high = in_digits(effect)
    return f"95 %: {low}–{high}"


def percents(shares: Effect, what: str) -> str:
    """A share of something with its interval, in percent: `3 % longer (1–4 %)`."""
    share, low, high = in_digits(Effect(*(100 * bound for bound in shares)), significant=1, nothing=0.0)
    return f"{share} % {what} ({low}–{high} %)" if low else f"{share} % {what}"


def in_digits(effect: Effect, significant: int = 2, nothing: float = 1.0) -> tuple[str, str, str]:
    """An estimate and its bounds with as many decimals as its interval supports: a unit of the last one is no more than
    half the interval. No bound is written as the estimate, unless all three are alike, nor as `nothing` (no gain), if
    it is not that. Where no interval is known, three digits, and empty bounds."""
    if not (math.isfinite(effect.low) and math.isfinite(effect.high)):
        return number(effect.ratio), "", ""
    fewest = significant - 1 - _magnitude(effect.ratio)
    narrow = min(effect.ratio - effect.low, effect.high - effect.ratio)
    supported = -_magnitude(narrow * (1 + 1e-9)) if narrow > 0 else math.inf
    decimals = int(max(0, min(max(fewest, supported), fewest + MORE_DIGITS)))
    while not _is_told(effect, decimals, nothing) and decimals < fewest + 3 * MORE_DIGITS:
        decimals += 1
    ratio, low, high = (f"{round(value, decimals) + 0.0:,.{decimals}f}" for value in effect)
    return ratio, low, high


def _magnitude(value: float) -> int:
    """The power of ten of its first digit."""
    return math.floor(math.log10(abs(value))) if value else 0


def _is_told(effect: Effect, decimals: int, nothing: float) -> bool:
    ratio, low, high = (round(value, decimals) for value in effect)
    hides = low == nothing != effect.low or high == nothing != effect.high
    return low == ratio == high or (low < ratio < high and not hides)


def number(value: float) -> str:
    """Three significant digits, and no powers of ten."""
    return f"{Decimal(f'{value:.2e}'):,f}" if abs(value) < 1000 else f"{value:,.0f}"


def percent(share: float) -> str:
    """A share in percent, with a digit where it is small."""
    return f"{100 * share:.0f} %" if abs(share) >= 0.0995 else f"{100 * share:.1f} %"


def counted(count: int, what: str) -> str:
    """`1 round`, `2 rounds`."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def listed(names: Sequence[str], most: int | None = None) -> str:
    """… with more than `most` of them, the last ones are counted."""
    if most and len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def as_fast_as(name: str, rival: str, effect: Effect) -> str:
    """How one arm compares with another, both by their names."""
    bounds = f" ({interval(effect)})" if math.isfinite(effect.low) else ""
    return f"{name}: {times(effect)} as fast as {rival}{bounds}"


def beyond(known_in_flight: int) -> str:
    """Why an arm with more workers is a guess."""
    return f"nothing was measured beyond {known_in_flight} in flight"


def capitalised(sentence: str) -> str:
    """… and nothing else of it changed."""
    return f"{sentence[:1].upper()}{sentence[1:]}"


def in_config(workload: str, setting: str) -> str:
    """What sets it for this workload on a terminal, beside what may be given there already."""
    if setting.startswith("measure_items") and "." not in kind_of(workload).setting:
        return f"give --config this, too: {setting.replace(': ', '=')}"
    return f"give --config this, too: {_within(workload, setting)}"


def _within(workload: str, setting: str) -> str:
    """A setting where the configuration has this workload's, quoted for a terminal."""
    outer, *inner = kind_of(workload).setting.split(".")
    for key in reversed(inner):
        setting = f"{key}: {{{setting}}}"
    return f"'{outer}={{{setting}}}'"


def on_one_line(config: Mapping[str, Any]) -> str:
    """A single work as it is given on a terminal: `function=work.py:f items='{"start": 1, "count": 30}'`."""
    given = {key: config[key] for key in ONE_WORK if config.get(key) is not None}
    written = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    return " ".join(f"{key}={shlex.quote(value)}" for key, value in written.items())


def doing_the_job(workload: str, config: Mapping[str, Any]) -> str:
    """The command that does its job by what is recommended, where `config` is what was given."""
    if "items" in config:  # a single work, given on one line
        so = dict(config) | {"job": "recommended"}
        return f"snakemake job --config {on_one_line(so)}"  # what follows is taken for more of it
    return f"snakemake job --config {_within(workload, 'job: recommended')}"
