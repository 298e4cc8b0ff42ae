"""What is a page's own in the latencies that were seen of it, and what chance."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, variance

LEAST_REPEATS = 4  # observations beyond the first of a page, below which its scatter is not known
LEAST_PAGES = 5  # of a host, below which they tell nothing of each other
OUTLYING, OUTLYING_PAGE = 6.0, 4.0  # times the typical deviation, of observations and of pages
AS_LARGE = 4.0  # as chance was seen to be, or up to so many times as much
LEAST_SCALE_MS = 0.3
MOST_DRAWS = 200
_TO_DEVIATION = 1.4826  # from the median of absolute deviations, where they are normal


@dataclass(frozen=True)
class Latencies:
    """By URL: `typical_ms`, without what is drawn in each round from `spread_ms` (empty: not known), and `unsure_ms`,
    the standard deviation of the former that the observations leave."""

    typical_ms: Mapping[str, float]
    spread_ms: Sequence[float]
    unsure_ms: Mapping[str, float]


def estimated(seen_ms: Mapping[str, Sequence[float]], origins: Mapping[str, str]) -> Latencies:
    """From the undisturbed observations of each page, and its host.

    With the variance s² of one observation, which repeats tell, and t² of the pages of a host, each page's mean is
    shrunk towards its host's median by t² / (t² + s²/n) (empirical Bayes). A slow outlier is chance where the same
    page, or others when they were repeated, show that it happens.
    """
    centres = {url: fmean(own) for url, own in seen_ms.items()}
    repeats = {url: own for url, own in seen_ms.items() if len(own) > 1}
    if sum(len(own) - 1 for own in repeats.values()) < LEAST_REPEATS:
        return Latencies(centres, (), dict.fromkeys(centres, 0.0))
    scale = max(LEAST_SCALE_MS, _TO_DEVIATION * median(abs(d) for own in repeats.values() for d in _deviations(own)))
    usual, outlying = list[float](), list[float]()
    squares = freedom = 0.0
    for url, own in repeats.items():
        inside = [ms for ms in own if ms <= min(own) + OUTLYING * scale]
        centres[url] = fmean(inside)
        outlying += [ms - centres[url] for ms in own if ms not in inside]
        if len(inside) > 1:
            usual += _deviations(inside)
            squares += variance(inside) * (len(inside) - 1)
            freedom += len(inside) - 1
    s2 = squares / freedom if freedom else scale**2
    typical, unsure = dict(centres), dict[str, float]()
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in seen_ms:
        by_host[origins[url]].append(url)
    most = max(outlying, default=0.0)
    for urls in by_host.values():
        middle = median(centres[url] for url in urls)
        usual_ms = max(
            OUTLYING * scale, OUTLYING_PAGE * _TO_DEVIATION * median(abs(centres[url] - middle) for url in urls)
        )
        by_chance = [
            url for url in urls
            if len(seen_ms[url]) == 1 and usual_ms < centres[url] - middle <= AS_LARGE * most
        ]  # fmt: skip
        outlying += [centres[url] - middle for url in by_chance]
        rest = [url for url in urls if url not in by_chance]
        noise = fmean(s2 / len(seen_ms[url]) for url in rest)
        t2 = max(0.0, variance(centres[url] for url in rest) - noise) if len(rest) >= LEAST_PAGES else float("inf")
        for url in urls:
            own2 = s2 / len(seen_ms[url])
            kept = 0.0 if url in by_chance else 1.0 if t2 == float("inf") else t2 / (t2 + own2) if own2 else 1.0
            typical[url] = middle + kept * (centres[url] - middle)
            unsure[url] = (kept * own2 + (1 - kept) ** 2 * s2 / len(urls)) ** 0.5
    return Latencies(typical, _centred(_pool(usual, outlying, seen_ms), seen_ms, typical), unsure)


def _deviations(own: Sequence[float]) -> list[float]:
    """From their mean, widened by what having only a few takes away."""
    middle, widened = fmean(own), (len(own) / (len(own) - 1)) ** 0.5
    return [(ms - middle) * widened for ms in own]


def _pool(usual: Sequence[float], outlying: Sequence[float], seen_ms: Mapping[str, Sequence[float]]) -> list[float]:
    """What is drawn from: outliers as often as they were seen among all observations."""
    count = sum(map(len, seen_ms.values()))
    times = max(1, round((count - len(outlying)) / len(usual))) if usual and outlying else 1
    pool = sorted([*usual, *outlying] if times == 1 else [*(list(usual) * times), *outlying])
    if len(pool) <= MOST_DRAWS:
        return pool
    return [pool[int((place + 0.5) * len(pool) / MOST_DRAWS)] for place in range(MOST_DRAWS)]


def _centred(
    pool: Sequence[float], seen_ms: Mapping[str, Sequence[float]], typical_ms: Mapping[str, float]
) -> list[float]:
    """The draws such that pages take in the mean what they were seen to take."""
    if not pool:
        return []
    missing = fmean(fmean(own) - typical_ms[url] for url, own in seen_ms.items()) - fmean(pool)
    return [ms + missing for ms in pool]
