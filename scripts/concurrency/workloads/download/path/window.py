"""How much a server may have under way on a connection, as Linux has it: what slow start is about.

10 segments at first (RFC 6928), and one more for each that was acknowledged while the window is what holds the sender
back (RFC 5681). That ends where a queue is seen to build up, as HyStart of CUBIC sees it (S. Ha and I. Rhee, Comput.
Netw. 55, 2011; the figures are those of Linux' tcp_cubic.c): the acknowledgements of a round come in a train that is
longer than half a round trip, or all of its first ones come late. Then it grows by 5 % in a round. After an idle time
it is halved for each timeout that went by (RFC 2861). And a socket holds 29 segments at first: a server that fills it
gets a larger one, but only once it was acknowledged.
"""

from dataclasses import dataclass

SEGMENT_BYTES = 1448
FIRST_WINDOW = 10 * SEGMENT_BYTES
FIRST_ROOM = 29 * SEGMENT_BYTES
LARGEST_WINDOW = 6 << 20  # what Linux gives a receiver at most, as it comes
WATCHED_WINDOW = 16 * SEGMENT_BYTES  # from which on queues are looked for
TRAIN_S = 0.002  # acknowledgements that follow each other so closely are one train
SAMPLES = 8  # that show a round to be late
LATE_S = (0.004, 0.016)  # by an eighth of the least round trip, within these bounds
GROWTH_BEYOND = 20  # acknowledged segments for one of growth, once a queue was seen


@dataclass(slots=True)
class Window:
    """That of a connection, in bytes. Times are in seconds."""

    _bytes: int = FIRST_WINDOW
    _room: int = FIRST_ROOM
    _most_out: int = 0
    _threshold: float = float("inf")
    _queue_seen: bool = False
    _sent: int = 0
    _acknowledged: int = 0
    _counted: int = 0
    _least_s: float = float("inf")
    _round_ends: int = -1
    _round_began: float = 0.0
    _train_last: float = 0.0
    _round_least_s: float = float("inf")
    _samples: int = 0

    @property
    def size(self) -> int:
        """How much may be under way."""
        return min(self._bytes, self._room)

    def sent(self, size: int, out: int) -> None:
        """So much was sent, and `out` bytes are under way now."""
        self._sent += size
        self._most_out = max(self._most_out, out)

    def rest(self, idle_s: float, timeout_s: float) -> None:
        """Nothing was under way for so long."""
        self._most_out = 0
        while idle_s > timeout_s and self._bytes > FIRST_WINDOW:
            self._threshold = max(self._threshold, self._bytes * 3 // 4)
            self._bytes = max(self._bytes // 2, FIRST_WINDOW)
            idle_s -= timeout_s

    def acknowledged(self, when: float, size: int, took_s: float, out: int, is_waiting: bool) -> None:
        """A segment with so many of the `out` bytes under way has come, after `took_s`; whether more is waiting."""
        if is_waiting and self._room <= out < self._bytes:
            self._room = self._bytes * 29 // 10
        self._acknowledged += size
        self._least_s = min(self._least_s, took_s)
        if self._bytes < self._threshold and not self._queue_seen:
            self._look_for_queue(when, took_s)
        if self._bytes < self._threshold:
            if self._bytes < min(2 * self._most_out, LARGEST_WINDOW):  # it was the window that held the sender back
                self._bytes += SEGMENT_BYTES
        elif self._bytes <= self._most_out + SEGMENT_BYTES:
            self._counted += 1
            if self._counted == GROWTH_BEYOND:
                self._bytes, self._counted = self._bytes + SEGMENT_BYTES, 0

    def _look_for_queue(self, when: float, took_s: float) -> None:
        if self._acknowledged > self._round_ends:
            self._round_ends, self._round_began, self._train_last = self._sent, when, when
            self._round_least_s, self._samples = float("inf"), 0
        if self._bytes < WATCHED_WINDOW:
            return
        if when - self._train_last <= TRAIN_S:
            self._train_last = when
            self._queue_seen = when - self._round_began > self._least_s / 2
        self._round_least_s = min(self._round_least_s, took_s)
        self._samples += 1
        late_s = min(max(self._least_s / 8, LATE_S[0]), LATE_S[1])
        self._queue_seen |= self._samples > SAMPLES and self._round_least_s > self._least_s + late_s
        if self._queue_seen:
            self._threshold = self._bytes
