"""What the exchanges of a recording tell of pages, and of chance, once it is known how they came."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log
from statistics import pstdev

from concurrency.workloads.download.path.simulation import HEAD_BYTES
from concurrency.workloads.download.recording import exchanges
from concurrency.workloads.download.recording.exchanges import Exchange
from concurrency.workloads.download.recording.fitting import Setting
from concurrency.workloads.download.recording.played import Played, play

MOST_PLAYED = 400  # exchanges; the others are taken as they are
QUEUE_MS, QUEUE = 1.0, 0.05  # up to either, the latter of the latency, an exchange met none
LATE_MS, LATE = 2.0, 0.1  # beyond both, the latter of the round trip, bytes are late or early
EARLY = 3  # times as many as are late
LATE_TOGETHER = 1.0  # of the time that a body takes, where others came meanwhile: who had which share of the link?
UNSTEADY = 0.1
APPROACHES, NEAR_MS = 3, 0.5
MOST_DRAWS = 200


def transfer_s(reply: Exchange | Played) -> float:
    """From its first byte to its last."""
    return reply.ended - reply.first


def _played(
    recorded: Sequence[Exchange],
    latencies_ms: Sequence[float],
    rtts_ms: Mapping[str, float],
    setting: Setting,
    each_alone: bool = False,
) -> list[Played]:
    """The first MOST_PLAYED as the model has them."""
    rtts_s = {origin: ms / 1000 for origin, ms in rtts_ms.items()}
    seconds = [ms / 1000 for ms in latencies_ms[:MOST_PLAYED]]
    return play(recorded[:MOST_PLAYED], seconds, rtts_s, setting.mbit_per_s, setting.slots, each_alone)


def leads_ms(recorded: Sequence[Exchange], rtts_ms: Mapping[str, float], mbit_per_s: float | None) -> list[float]:
    """What it takes, in the model and with nothing else under way, from a reply's first byte until something is seen
    of it: what comes with that byte is on the link, and may be more than the first window. Of several beginnings that
    explain what was seen, the last."""
    per_byte_ms = 8e3 / (mbit_per_s * 1e6) if mbit_per_s else 0.0
    leads = [(x.came[0] + HEAD_BYTES) * per_byte_ms for x in recorded]
    for _ in range(APPROACHES):
        latencies_ms = [x.seen_ms - lead for x, lead in zip(recorded, leads, strict=True)]
        replies = _played(recorded, latencies_ms, rtts_ms, Setting(mbit_per_s), each_alone=True)
        found = _waited_ms(recorded, replies, latencies_ms)
        is_near = all(abs(lead - before) < NEAR_MS for lead, before in zip(found, leads, strict=True))
        leads = found
        if is_near:
            break
    return leads


def _waited_ms(recorded: Sequence[Exchange], replies: Sequence[Played], ms: Sequence[float]) -> list[float]:
    """What each took longer than `ms`; nothing, of those that were not played."""
    waited = [(reply.first - this.sent) * 1000 - own for this, reply, own in zip(recorded, replies, ms, strict=False)]
    return waited + [0.0] * (len(recorded) - len(waited))


def released(recorded: Sequence[Exchange], rtts_ms: Mapping[str, float]) -> list[Exchange]:
    """The exchanges with first bytes as early as the last ones ask for.

    Where a server's first window is larger, bodies come faster than the model has them over any link; it has them in
    time if they begin earlier. Where as many were late by themselves, that is the path's jitter.
    """
    late_s = _late_s(recorded, rtts_ms, None)
    alone = exchanges.undisturbed(recorded)
    early, late = Counter[str](), Counter[str]()
    for place, by_s in late_s.items():
        limit_s = _limit_ms(rtts_ms[recorded[place].origin]) / 1000
        early[recorded[place].origin] += by_s < -limit_s
        late[recorded[place].origin] += place in alone and by_s > limit_s
    found = list(recorded)
    for place, by_s in late_s.items():
        this = recorded[place]
        rtt_s = rtts_ms[this.origin] / 1000
        if early[this.origin] > EARLY * late[this.origin] and by_s < -_limit_ms(rtts_ms[this.origin]) / 1000:
            first = min(this.first, max(this.sent + rtt_s, this.first + by_s))
            found[place] = replace(this, marks=(first, *this.marks[1:]))
    return found


def _late_s(recorded: Sequence[Exchange], rtts_ms: Mapping[str, float], mbit_per_s: float | None) -> dict[int, float]:
    """By how much the bodies of pages took longer than in the model, by place."""
    leads = leads_ms(recorded, rtts_ms, mbit_per_s)
    latencies_ms = [x.seen_ms - lead for x, lead in zip(recorded, leads, strict=True)]
    replies = _played(recorded, latencies_ms, rtts_ms, Setting(mbit_per_s))
    return {
        place: transfer_s(this) - transfer_s(reply)
        for place, (this, reply) in enumerate(zip(recorded, replies, strict=False))
        if this.is_whole
    }


def _limit_ms(rtt_ms: float) -> float:
    return max(LATE_MS, LATE * rtt_ms)


def queues_ms(
    recorded: Sequence[Exchange],
    typical_ms: Mapping[str, float],
    leads_ms: Sequence[float],
    rtts_ms: Mapping[str, float],
    setting: Setting,
) -> list[float]:
    """What each exchange waited for others, as the model has it."""
    latencies_ms = [
        typical_ms[x.url] if x.is_whole else x.seen_ms - lead_ms for x, lead_ms in zip(recorded, leads_ms, strict=True)
    ]
    replies = _played(recorded, latencies_ms, rtts_ms, setting)
    waited = _waited_ms(recorded, replies, latencies_ms)
    return [max(0.0, ms - lead_ms) for ms, lead_ms in zip(waited, leads_ms, strict=True)]


def unqueued(
    recorded: Sequence[Exchange], queues_ms: Sequence[float], slots: Mapping[str, int] | None = None
) -> set[int]:
    """The places of pages that met no queue. Of a burst, or where several were under way, that is only known with the
    `slots` of the host."""
    alone = exchanges.undisturbed(recorded)
    sizes = {
        place: sum(recorded[other].origin == recorded[place].origin for other in burst)
        for burst in exchanges.bursts(recorded)
        for place in burst
    }
    found = set()
    for place, exchange in enumerate(recorded):
        limit = None if slots is None else slots.get(exchange.origin)
        had_slot = limit is not None and place < MOST_PLAYED and (not limit or sizes.get(place, 1) <= limit)
        met_none = queues_ms[place] <= max(QUEUE_MS, QUEUE * exchange.seen_ms)
        if exchange.is_whole and met_none and (place in alone or had_slot):
            found.add(place)
    return found


def latencies_ms(
    recorded: Sequence[Exchange],
    leads_ms: Sequence[float],
    queues_ms: Sequence[float],
    unqueued: set[int],
    rtts_ms: Mapping[str, float],
) -> dict[str, list[float]]:
    """By URL, the observations that tell of the page best: of exchanges that met no queue, with something seen of the
    first window, at the first try; else at another; else seen of a later window, for when that came depends on what the
    connection carried before, a TLS session's tickets, too; else the least of what is left without the queue."""
    found: dict[str, list[list[float]]] = defaultdict(lambda: [[], [], [], []])
    for place, (this, lead_ms) in enumerate(zip(recorded, leads_ms, strict=True)):
        if this.is_whole:
            is_late = lead_ms > rtts_ms[this.origin]
            rank = 3 if place not in unqueued else 2 if is_late else 0 if this.is_first_try else 1
            found[this.url][rank].append(this.seen_ms - lead_ms - queues_ms[place])
    return {url: first or again or later or [min(queued)] for url, (first, again, later, queued) in found.items()}


def stalls_ms(recorded: Sequence[Exchange], rtts_ms: Mapping[str, float], setting: Setting) -> list[float]:
    """How late bodies ended, 0 for those that were punctual; as early as some ended, others are late by chance."""
    late_ms = {
        place: by_s * 1000
        for place, by_s in _late_s(recorded, rtts_ms, setting.mbit_per_s).items()
        if not recorded[place].burst  # else: who had which share of the link, and of the recording's own time?
    }
    early_ms = -min(sorted(late_ms.values())[len(late_ms) // 20 :], default=0.0)
    alone = exchanges.undisturbed(recorded)
    stalls = []
    for place, late in late_ms.items():
        this = recorded[place]
        usual_ms = (transfer_s(this) * 1000 - late) * (LATE if place in alone else LATE_TOGETHER)
        limit_ms = max(_limit_ms(rtts_ms[this.origin]), early_ms, usual_ms)
        stalls.append(round(late, 1) if late > limit_ms else 0.0)
    stalls.sort()
    if not any(stalls):
        return []
    if len(stalls) > MOST_DRAWS:
        stalls = [stalls[int((draw + 0.5) * len(stalls) / MOST_DRAWS)] for draw in range(MOST_DRAWS)]
    return stalls


def unsteady(
    recorded: Sequence[Exchange],
    typical_ms: Mapping[str, float],
    waited_ms: Sequence[float],
    rtts_ms: Mapping[str, float],
    setting: Setting,
) -> float | None:
    """The scatter of what pages took, but in bursts, about what they take typically, the standard deviation of the
    logarithm, if it is worth a word."""
    ratios = []
    for place, late_s in _late_s(recorded, rtts_ms, setting.mbit_per_s).items():
        exchange = recorded[place]
        if exchange.burst:
            continue
        latency_ms = max(rtts_ms[exchange.origin], typical_ms[exchange.url])
        usual_s = (latency_ms + waited_ms[place]) / 1000 + transfer_s(exchange) - late_s
        ratios.append(log((exchange.ended - exchange.sent) / usual_s))
    scatter = pstdev(ratios) if ratios else 0.0
    return round(scatter, 3) if scatter > UNSTEADY else None
