"""The path: `python -m helpers.emulated.link`, started by `server`.

Two TUN devices, one in the namespace that it is started in and one in a new namespace of its own, and a program that
carries packets between them, late, one after the other as the rate allows, and not all of them. It reads one JSON line
from standard input (the world's path, how many hosts there are), answers with one when packets can pass, and ends with
standard input, or after LIMIT_S; at last it says how it did.

A packet is due at a time that is settled when it comes, so that a late packet delays none after it. The program sleeps
by select(2), which counts in microseconds, is scheduled before everything else, and delivers together what is due
within SLACK_S.
"""

import fcntl
import gc
import json
import os
import random
import resource
import select
import signal
import struct
import sys
import time
from bisect import bisect_left
from collections import deque
from contextlib import suppress
from itertools import accumulate

from helpers.emulated import namespaces

NETWORK = "10.77.0"  # .1 is the client, .2 and so on are the hosts
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PACKET_BYTES = 2048  # more than any packet here
BURST = 64
SLACK_S = 0.00004
LATE_S, LATE_STEPS = 0.00002, 500  # lateness is counted in steps of this
LIMIT_S = 4 * 3600


class Way:
    """One direction: from the device `source` to `sink`. Its times are those of the monotonic clock, in seconds."""

    def __init__(self, source: int, sink: int, path: dict[str, float], chance: random.Random) -> None:
        self.source, self.sink, self.chance = source, sink, chance
        self.delay_s, self.jitter_s = path["rtt_ms"] / 2000, path["jitter_ms"] / 1000
        self.loss, self.most_waiting = path["loss"], path["buffer_bytes"]
        self.s_per_byte = 8e-6 / path["mbit_per_s"] if path["mbit_per_s"] else 0.0
        self.under_way: deque[tuple[float, bytes]] = deque()  # by when they are due
        self.free = self.last = 0.0  # when the link has sent what it has; when the last packet is due
        self.carried = self.lost = self.overflowed = 0
        self.late = [0] * (LATE_STEPS + 1)

    def take(self) -> None:
        """Packets have come: settle when each is due."""
        for _ in range(BURST):
            try:
                packet = os.read(self.source, PACKET_BYTES)
            except BlockingIOError:
                return
            now = time.monotonic()
            if self.loss and self.chance.random() < self.loss:
                self.lost += 1
                continue
            if self.free < now:
                self.free = now
            elif self.s_per_byte and self.free - now > self.most_waiting * self.s_per_byte:
                self.overflowed += 1
                continue
            self.free += len(packet) * self.s_per_byte
            delay = max(0.0, self.chance.gauss(self.delay_s, self.jitter_s)) if self.jitter_s else self.delay_s
            self.last = max(self.last, self.free + delay)
            self.under_way.append((self.last, packet))

    def give(self) -> None:
        """Deliver what is due."""
        now = time.monotonic()
        while self.under_way and self.under_way[0][0] <= now + SLACK_S:
            due, packet = self.under_way.popleft()
            with suppress(OSError):  # the other end has gone
                os.write(self.sink, packet)
            self.carried += 1
            self.late[min(max(int((now - due) / LATE_S), 0), LATE_STEPS)] += 1

    def late_ms(self, share: float) -> float:
        """How late, at most, this share of the packets was."""
        counts = list(accumulate(self.late))
        return (1 + bisect_left(counts, share * counts[-1])) * LATE_S * 1000


def device(addresses: list[str]) -> int:
    """A new TUN device in this thread's namespace, up, with these addresses; it lasts as long as it is open."""
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    made = fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", b"path%d", IFF_TUN | IFF_NO_PI))
    name = made[:16].rstrip(b"\0").decode()
    for address in addresses:
        namespaces.ip("address", "add", f"{address}/24", "dev", name)
    namespaces.ip("link", "set", name, "txqueuelen", "5000", "up")
    # what most servers have; by the route, for in a namespace not every machine lets it be the default
    namespaces.ip("route", "replace", f"{NETWORK}.0/24", "dev", name, "congctl", "cubic")
    return file


def first_of_all() -> None:
    """Let nobody keep the packets waiting: real-time priority or, where that is refused, a high one."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        os.setpriority(os.PRIO_PROCESS, 0, -15)


def main() -> None:
    path = json.loads(sys.stdin.readline())
    near = device([f"{NETWORK}.1"])
    namespaces.leave()
    far = device([f"{NETWORK}.{2 + host}" for host in range(path["hosts"])])
    chances = [random.Random(f"{path['seed']} {way}") for way in ("there", "back")]
    there, back = Way(near, far, path, chances[0]), Way(far, near, path, chances[1])
    first_of_all()
    gc.disable()
    print(json.dumps({"hosts": [f"{NETWORK}.{2 + host}" for host in range(path["hosts"])]}), flush=True)
    carry(there, back, time.monotonic() + LIMIT_S)
    used = resource.getrusage(resource.RUSAGE_SELF)
    ways = (there, back)
    figures = {name: [getattr(way, name) for way in ways] for name in ("carried", "lost", "overflowed")}
    figures["late_ms_p99"] = [way.late_ms(0.99) for way in ways]
    print(json.dumps(figures | {"cpu_s": used.ru_utime + used.ru_stime}), flush=True)


def carry(there: Way, back: Way, until: float) -> None:
    """Carry packets until standard input ends."""
    ways = {there.source: there, back.source: back}
    watched = [*ways, sys.stdin.fileno()]
    while (now := time.monotonic()) < until:
        due = [way.under_way[0][0] for way in ways.values() if way.under_way]
        for file in select.select(watched, [], [], max(0.0, min(due, default=until) - now))[0]:
            if file not in ways:
                return
            ways[file].take()
        there.give()
        back.give()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the harness's to handle; its end is ours
    main()
