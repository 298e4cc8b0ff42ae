"""A model of the path to a list of sites: when which bytes of which reply reach the client.

It knows no sockets and no clock: it says what is due when, and whoever runs it lets that happen, the replay server at
its time (`replay.server`), a simulation at once (`simulation`). All times are seconds at the client's end: what leaves
a server at t is there at t + half a round trip, so the first byte of a window "leaves" when it arrives. Modelled are

- the round trip: half of it before a server has a request, half of it until its reply arrives; a new connection takes
  one for each time that its server answers before anything can be asked;
- TCP's window, as Linux has it (`window`): 10 segments at first, doubled in each round trip until they queue; the
  client acknowledges every second segment, and one by itself only after a while;
- the link: what all connections receive, set-up included, goes over it one after the other, first come, first served;
- how many requests a server works on at once: the others wait in the order in which they came.

Not modelled: losses (a stall, drawn from recorded ones, stands for them), congestion beyond the link, the way up.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from concurrency.workloads.download.path.window import SEGMENT_BYTES, Window

LEAST_TIMEOUT_S = 0.2
SYN_BYTES = 60
QUICK_ACKS, DELAYED_ACK_S = 16, 0.04  # how many segments Linux acknowledges one by one; how long one waits for another
TICKETS = 2  # as OpenSSL issues them
PIECE_BYTES, PIECE_S = 2 * SEGMENT_BYTES, 0.0001  # no timer is for less


class Agenda:
    """What is due when. Callbacks get the time that they were due at before their other arguments."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._ticket = itertools.count()

    def at(self, when: float, act: Callable[..., None], *args: Any) -> None:
        """Call act(when, *args) when it is time."""
        heapq.heappush(self._due, (when, next(self._ticket), act, args))

    @property
    def next(self) -> float:
        """The time of what is due next; infinite if nothing is."""
        return self._due[0][0] if self._due else float("inf")

    def run(self, until: float = float("inf")) -> None:
        """Let all happen that is due `until` then, and what follows from it."""
        while self._due and self._due[0][0] <= until:
            when, _, act, args = heapq.heappop(self._due)
            act(when, *args)


class Link:
    """What all connections share; `mbit_per_s` None: without a limit. `busy` is called with each span that it carries
    something, (begin, end, bytes), if it is given."""

    def __init__(self, mbit_per_s: float | None, busy: Callable[[float, float, int], None] | None = None) -> None:
        self._bytes_per_s = mbit_per_s * 1e6 / 8 if mbit_per_s else float("inf")
        self._busy = busy
        self._free = 0.0
        self.piece_bytes = max(PIECE_BYTES, self._bytes_per_s * PIECE_S)

    def carry(self, size: int, when: float) -> float:
        """Put `size` bytes on it; the time at which they are there."""
        begin = max(when, self._free)
        self._free = begin + size / self._bytes_per_s
        if self._busy:
            self._busy(begin, self._free, size)
        return self._free


def set_up(
    agenda: Agenda, link: Link, when: float, leg_s: float, flights: Sequence[int], then: Callable[[float], None]
) -> None:
    """A new connection: then(time) once each of the server's `flights`, in bytes, has come, `leg_s` after it was asked
    for, and over the link."""

    def come(at: float) -> None:
        there = link.carry(flights[0], at)
        if len(flights) > 1:
            set_up(agenda, link, there, leg_s, flights[1:], then)
        else:
            agenda.at(there, then)

    agenda.at(when + leg_s, come)


class Server:
    """A host that works on `slots` requests at once (0: on all)."""

    def __init__(self, agenda: Agenda, slots: int = 0) -> None:
        self._agenda, self._free = agenda, slots or float("inf")
        self._waiting: deque[tuple[float, float, Callable[[float], None]]] = deque()

    def ask(self, when: float, rtt_s: float, think_s: float, answer: Callable[[float], None]) -> None:
        """A request sent at `when` that takes `think_s` to answer: answer(time) when the first byte would arrive."""
        self._agenda.at(when + rtt_s / 2, self._come, rtt_s, think_s, answer)

    def _come(self, when: float, rtt_s: float, think_s: float, answer: Callable[[float], None]) -> None:
        if self._free:
            self._free -= 1
            self._work(when, rtt_s, think_s, answer)
        else:
            self._waiting.append((rtt_s, think_s, answer))

    def _work(self, when: float, rtt_s: float, think_s: float, answer: Callable[[float], None]) -> None:
        self._agenda.at(when + think_s, self._done)
        self._agenda.at(when + think_s + rtt_s / 2, answer)

    def _done(self, when: float) -> None:
        if self._waiting:
            self._work(when, *self._waiting.popleft())
        else:
            self._free += 1


@dataclass(slots=True, eq=False)
class _Reply:
    left: int  # bytes that have not left
    coming: int  # bytes that have not arrived
    arrive: Callable[[float, int, bool], None]
    stall_s: float


class Flow:
    """What a server, a round trip of `rtt_s` away, sends over one connection: the replies to what was asked on it,
    taking turns where there are several (HTTP/2)."""

    def __init__(self, agenda: Agenda, link: Link, rtt_s: float) -> None:
        self._agenda, self._link, self.rtt_s = agenda, link, rtt_s
        self._window = Window()
        self._out = 0  # bytes that are not acknowledged
        self._sent_last = 0.0
        self._replies: deque[_Reply] = deque()
        self._received = 0  # segments, by the client
        self._unsaid = 0  # bytes of them that it has not acknowledged

    def send(self, when: float, size: int, arrive: Callable[[float, int, bool], None], stall_s: float = 0.0) -> None:
        """From `when` on send a reply of `size` bytes: arrive(time, bytes, is_last) for each piece of it.

        Its last piece comes `stall_s` late, as if something before it had been lost.
        """
        if self._unsaid:  # the request has said so
            unsaid, self._unsaid = self._unsaid, 0
            self._acknowledged(when, unsaid, self.rtt_s)
        if not self._out:
            self._window.rest(when - self._sent_last, self.rtt_s + LEAST_TIMEOUT_S)
        self._replies.append(_Reply(size, size, arrive, stall_s))
        self._push(when, self._allowed)

    def issue_tickets(self, when: float) -> None:
        """With the first request, sent at `when`, a server over TLS 1.3 has the client's last word and answers it with
        session tickets: small, but segments, so that there is room for more once they are acknowledged."""
        for _ in range(TICKETS):
            self._out += SEGMENT_BYTES
            self._window.sent(SEGMENT_BYTES, self._out)
            self._agenda.at(when + 2 * self.rtt_s, self._acknowledged, SEGMENT_BYTES, self.rtt_s)

    @property
    def _allowed(self) -> int:
        """How many bytes more may be under way."""
        return max(0, self._window.size - self._out)

    def _push(self, when: float, most: int) -> None:
        """Send what there is, of `most` bytes."""
        while self._replies and most:
            reply = self._replies.popleft()
            size = int(min(reply.left, most, self._link.piece_bytes))
            reply.left -= size
            most -= size
            self._out += size
            self._window.sent(size, self._out)
            self._sent_last = when
            there = self._link.carry(size, when)
            self._agenda.at(there, self._arrive, reply, size, there - when + self.rtt_s)
            if reply.left:
                self._replies.append(reply)

    def _arrive(self, when: float, reply: _Reply, size: int, took_s: float) -> None:
        if reply.stall_s and reply.coming == size:
            self._agenda.at(when + reply.stall_s, self._arrive, reply, size, took_s)
            reply.stall_s = 0.0
            return
        reply.coming -= size
        self._unsaid += size
        self._received += -(-size // SEGMENT_BYTES)
        pairs = self._unsaid // (2 * SEGMENT_BYTES) * 2 * SEGMENT_BYTES
        self._acknowledge(when, self._unsaid if self._received <= QUICK_ACKS else pairs, took_s)
        if self._unsaid:
            self._agenda.at(when + DELAYED_ACK_S, self._wait_no_longer, self._received, took_s)
        reply.arrive(when, size, not reply.coming)

    def _wait_no_longer(self, when: float, received: int, took_s: float) -> None:
        """For a second segment: if none has come since."""
        if received == self._received:
            self._acknowledge(when, self._unsaid, took_s)

    def _acknowledge(self, when: float, size: int, took_s: float) -> None:
        """The client does, of what came; the server hears of it a round trip after what it sends then would arrive."""
        if size:
            self._unsaid -= size
            self._agenda.at(when + self.rtt_s, self._acknowledged, size, took_s)

    def _acknowledged(self, when: float, size: int, took_s: float) -> None:
        """It is for a segment at a time, and each is answered; all that goes at once is one piece."""
        waiting, sent = sum(reply.left for reply in self._replies), 0
        for done in range(0, size, SEGMENT_BYTES):
            part = min(SEGMENT_BYTES, size - done)
            self._window.acknowledged(when, part, took_s, self._out, is_waiting=waiting > sent)
            self._out -= part
            more = min(waiting - sent, self._allowed)
            sent += more
            self._out += more
            self._window.sent(0, self._out)
        self._out -= sent
        self._push(when, sent)
