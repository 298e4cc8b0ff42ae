"""What the model of the path makes of the requests of a recording, each sent when it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from concurrency.workloads.download.path.model import Agenda, Flow, Link, Server
from concurrency.workloads.download.path.simulation import HEAD_BYTES
from concurrency.workloads.download.path.window import SEGMENT_BYTES
from concurrency.workloads.download.recording.exchanges import MARKS, Exchange

MOST_PIECES = 1500  # in one simulation: the bodies' bytes go in pieces that are large enough for that


@dataclass(slots=True)
class Played:
    """As of an `Exchange`; the segments of a piece come one after the other."""

    size: int
    per_byte_s: float
    first: float = 0.0
    ended: float = 0.0
    marks: list[float] = field(default_factory=list)
    came: int = 0

    def arrive(self, when: float, size: int, is_last: bool) -> None:
        """So many bytes of it are there."""
        self.first = self.first or when - max(0, size - SEGMENT_BYTES) * self.per_byte_s
        self.came += size
        while len(self.marks) < len(MARKS) and self.came >= (wanted := MARKS[len(self.marks)] * self.size):
            after = (self.came - wanted) // SEGMENT_BYTES * SEGMENT_BYTES
            self.marks.append(max(self.first, when - after * self.per_byte_s))
        if is_last:
            self.ended = when


def first_segment_s(wire_bytes: int, mbit_per_s: float | None) -> float:
    """What a reply's first bytes take on the link, which is seen as part of its latency."""
    return min(wire_bytes + HEAD_BYTES, SEGMENT_BYTES) * _per_byte_s(mbit_per_s)


def _per_byte_s(mbit_per_s: float | None) -> float:
    return 8 / (mbit_per_s * 1e6) if mbit_per_s else 0.0


def play(
    exchanges: Sequence[Exchange],
    firsts_s: Sequence[float],
    rtts_s: Mapping[str, float],
    mbit_per_s: float | None,
    slots: Mapping[str, int],
) -> list[Played]:
    """When each would have come over connections used as they were; by itself, the first bytes after `firsts_s`."""
    agenda, link = Agenda(), Link(mbit_per_s)
    wire = sum(exchange.wire_bytes for exchange in exchanges)
    link.piece_bytes = max(link.piece_bytes, wire / MOST_PIECES)
    servers: dict[str, Server] = {}
    flows: dict[tuple[str, int], Flow] = {}
    played = [Played(exchange.wire_bytes + HEAD_BYTES, _per_byte_s(mbit_per_s)) for exchange in exchanges]

    def answer(flow: Flow, reply: Played, when: float) -> None:
        flow.send(when, reply.size, reply.arrive)

    for exchange, first_s, reply in zip(exchanges, firsts_s, played, strict=True):
        latency_s = max(0.0, first_s - first_segment_s(exchange.wire_bytes, mbit_per_s))
        rtt_s = min(rtts_s[exchange.origin], latency_s)
        if exchange.connection not in flows:
            flows[exchange.connection] = Flow(agenda, link, rtt_s)
        if exchange.origin not in servers:
            servers[exchange.origin] = Server(agenda, slots.get(exchange.origin, 0))
        then = partial(answer, flows[exchange.connection], reply)
        servers[exchange.origin].ask(exchange.sent, rtt_s, latency_s - rtt_s, then)
    agenda.run()
    return played
