"""What the model of the path makes of the requests of a recording, each sent when it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from concurrency.workloads.download.path.model import Agenda, Flow, Link, Server
from concurrency.workloads.download.path.simulation import HEAD_BYTES
from concurrency.workloads.download.path.window import SEGMENT_BYTES
from concurrency.workloads.download.recording.exchanges import Exchange

MOST_PIECES = 4000  # in one simulation: of more, larger ones, in which queues are not seen as well


@dataclass(slots=True)
class Played:
    """As of an `Exchange`, when as many bytes had come; the segments of a piece come one after the other."""

    wanted: tuple[int, ...]
    per_byte_s: float
    marks: list[float] = field(default_factory=list)
    came: int = -HEAD_BYTES

    def arrive(self, when: float, size: int, is_last: bool) -> None:
        """So many bytes of it are there."""
        self.came += size
        while len(self.marks) < len(self.wanted) and self.came >= (wanted := self.wanted[len(self.marks)]):
            after = (self.came - wanted) // SEGMENT_BYTES * SEGMENT_BYTES
            self.marks.append(max(self.marks[-1] if self.marks else 0.0, when - after * self.per_byte_s))

    @property
    def first(self) -> float:
        """When something was seen of it."""
        return self.marks[0]

    @property
    def ended(self) -> float:
        """When all of it had been."""
        return self.marks[-1]


def play(
    exchanges: Sequence[Exchange],
    latencies_s: Sequence[float],
    rtts_s: Mapping[str, float],
    mbit_per_s: float | None,
    slots: Mapping[str, int] | None = None,
    each_alone: bool = False,
) -> list[Played]:
    """When each would have come over connections used as they were; `each_alone`: if it had shared nothing with others
    but its connection, after another."""
    agenda, link = Agenda(), Link(mbit_per_s)
    wire = sum(exchange.wire_bytes for exchange in exchanges)
    piece_bytes = link.piece_bytes = max(link.piece_bytes, wire / MOST_PIECES)
    servers: dict[str, Server] = {}
    flows: dict[tuple[str, int], Flow] = {}
    per_byte_s = 8 / (mbit_per_s * 1e6) if mbit_per_s else 0.0
    played = [Played(exchange.came, per_byte_s) for exchange in exchanges]

    def answer(flow: Flow, size: int, reply: Played, when: float) -> None:
        flow.send(when, size, reply.arrive)

    for exchange, given_s, reply in zip(exchanges, latencies_s, played, strict=True):
        latency_s = max(0.0, given_s)
        rtt_s = min(rtts_s[exchange.origin], latency_s)
        if exchange.connection not in flows:
            own = Link(mbit_per_s) if each_alone else link
            own.piece_bytes = piece_bytes
            flows[exchange.connection] = Flow(agenda, own, rtt_s)
            if exchange.has_tickets:
                flows[exchange.connection].issue_tickets(exchange.sent)
        if exchange.origin not in servers:
            servers[exchange.origin] = Server(agenda, (slots or {}).get(exchange.origin, 0))
        then = partial(answer, flows[exchange.connection], exchange.wire_bytes + HEAD_BYTES, reply)
        servers[exchange.origin].ask(exchange.sent, rtt_s, latency_s - rtt_s, then)
    agenda.run()
    return played
