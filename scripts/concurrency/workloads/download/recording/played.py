"""What the model of the path makes of the requests of a recording, each sent when it was."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from concurrency.workloads.download.path.model import Agenda, Flow, Link, Server
from concurrency.workloads.download.path.simulation import HEAD_BYTES
from concurrency.workloads.download.recording.exchanges import MARKS, Exchange

MOST_PIECES = 1500  # in one simulation: the bodies' bytes go in pieces that are large enough for that


@dataclass(slots=True)
class Played:
    """As of an `Exchange`."""

    size: int
    first: float = 0.0
    ended: float = 0.0
    marks: list[float] = field(default_factory=list)
    came: int = 0

    def arrive(self, when: float, size: int, is_last: bool) -> None:
        """So many bytes of it are there."""
        self.first = self.first or when
        self.came += size
        while len(self.marks) < len(MARKS) and self.came >= MARKS[len(self.marks)] * self.size:
            self.marks.append(when)
        if is_last:
            self.ended = when


def play(
    exchanges: Sequence[Exchange],
    latencies_s: Sequence[float],
    rtts_s: Mapping[str, float],
    mbit_per_s: float | None,
    slots: Mapping[str, int],
) -> list[Played]:
    """When each would have come, had all else taken `latencies_s`, over connections used as they were."""
    agenda, link = Agenda(), Link(mbit_per_s)
    wire = sum(exchange.wire_bytes for exchange in exchanges)
    link.piece_bytes = max(link.piece_bytes, wire / MOST_PIECES)
    servers: dict[str, Server] = {}
    flows: dict[tuple[str, int], Flow] = {}
    played = [Played(exchange.wire_bytes + HEAD_BYTES) for exchange in exchanges]

    def answer(flow: Flow, reply: Played, when: float) -> None:
        flow.send(when, reply.size, reply.arrive)

    for exchange, latency_s, reply in zip(exchanges, latencies_s, played, strict=True):
        rtt_s = min(rtts_s[exchange.origin], latency_s)
        if exchange.connection not in flows:
            flows[exchange.connection] = Flow(agenda, link, rtt_s)
        if exchange.origin not in servers:
            servers[exchange.origin] = Server(agenda, slots.get(exchange.origin, 0))
        then = partial(answer, flows[exchange.connection], reply)
        servers[exchange.origin].ask(exchange.sent, rtt_s, latency_s - rtt_s, then)
    agenda.run()
    return played


def by_origin(exchanges: Sequence[Exchange]) -> dict[str, list[Exchange]]:
    """The exchanges with each host."""
    found: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        found[exchange.origin].append(exchange)
    return dict(found)
