"""A model of the path to a list of sites: when which bytes of which reply reach the client.

It knows no sockets and no clock: it says what is due when, and whoever runs it lets that happen, the replay server at
its time (`replay.server`), a simulation at once (`simulation`). All times are seconds at the client's end: what leaves
a server at t is there at t + half a round trip, so the first byte of a window "leaves" when it arrives. Modelled are

- the round trip: half of it before a server has a request, half of it until its reply arrives;
- TCP's slow start (RFC 5681, RFC 6928, RFC 2861): 10 segments at first, and what was acknowledged may be doubled, one
  round trip later; after an idle time the window is halved for each timeout that went by, as Linux does;
- the link: what all connections receive goes over it one piece after the other, first come, first served;
- how many requests a server works on at once: the others wait in the order in which they came.

Not modelled: losses (a stall, drawn from recorded ones, stands for them), congestion beyond the link, the way up.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SEGMENT_BYTES = 1448
FIRST_WINDOW = 10 * SEGMENT_BYTES
LARGEST_WINDOW = 6 << 20  # what Linux gives a receiver at most, as it comes
LEAST_TIMEOUT_S = 0.2
PIECE_BYTES, PIECE_S = 2 * SEGMENT_BYTES, 0.0001  # one acknowledgement is for two segments; no timer is for less


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
        self._window = FIRST_WINDOW
        self._out = self._most_out = 0  # bytes that are not acknowledged
        self._sent_last = 0.0
        self._replies: deque[_Reply] = deque()

    def send(self, when: float, size: int, arrive: Callable[[float, int, bool], None], stall_s: float = 0.0) -> None:
        """From `when` on send a reply of `size` bytes: arrive(time, bytes, is_last) for each piece of it.

        Its last piece comes `stall_s` late, as if something before it had been lost.
        """
        if not self._out:
            self._rest(when)
            self._most_out = 0
        self._replies.append(_Reply(size, size, arrive, stall_s))
        self._push(when)

    def _rest(self, when: float) -> None:
        timeout_s = self.rtt_s + LEAST_TIMEOUT_S
        idle_s = when - self._sent_last
        while idle_s > timeout_s and self._window > FIRST_WINDOW:
            self._window = max(self._window // 2, FIRST_WINDOW)
            idle_s -= timeout_s

    def _push(self, when: float) -> None:
        """Send what the window allows."""
        while self._replies and self._out < self._window:
            reply = self._replies.popleft()
            size = int(min(reply.left, self._window - self._out, self._link.piece_bytes))
            reply.left -= size
            self._out += size
            self._most_out = max(self._most_out, self._out)
            self._sent_last = when
            self._agenda.at(self._link.carry(size, when), self._arrive, reply, size)
            if reply.left:
                self._replies.append(reply)

    def _arrive(self, when: float, reply: _Reply, size: int) -> None:
        if reply.stall_s and reply.coming == size:
            self._agenda.at(when + reply.stall_s, self._arrive, reply, size)
            reply.stall_s = 0.0
            return
        reply.coming -= size
        self._agenda.at(when + self.rtt_s, self._acknowledged, size)
        reply.arrive(when, size, not reply.coming)

    def _acknowledged(self, when: float, size: int) -> None:
        self._out -= size
        if self._window < min(2 * self._most_out, LARGEST_WINDOW):  # it was the window that held the sender back
            self._window += size
        self._push(when)
