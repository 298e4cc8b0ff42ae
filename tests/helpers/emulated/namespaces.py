"""Network namespaces of our own, and whether this machine lets us have them."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
PROGRAMS = {"ip": "iproute2", "nsenter": "util-linux", "setpriv": "util-linux", "nice": "coreutils"}
FIRST = ("nice", "-n", "-10")  # of what is far away: it would have cores of its own, and never wait for ours
CLONE_NEWNET = 0x40000000
SYSCTL = {
    "ipv4/tcp_no_metrics_save": "1",  # no connection may profit from what an earlier one has learnt
    "ipv6/conf/all/disable_ipv6": "1",  # whose announcements would be traffic on the path
}


def missing() -> str:
    """Why nothing can be emulated here, or nothing."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root"
    if not Path("/dev/net/tun").exists():
        return "needs /dev/net/tun"
    absent = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    if NGINX is None:
        absent.add("nginx-light")
    return f"needs {', '.join(sorted(absent))} (apt-get install)" if absent else ""


@contextmanager
def own_network() -> Iterator[None]:
    """A network namespace for this thread, and for the processes and threads that it starts meanwhile: loopback only.

    Raises OSError where it is not allowed.
    """
    with open("/proc/thread-self/ns/net", "rb") as before:
        leave()
        try:
            yield
        finally:
            _checked(_libc().setns(before.fileno(), CLONE_NEWNET))


def leave() -> None:
    """Move this thread into a new network namespace, which has nothing but a loopback device, and our settings."""
    _checked(_libc().unshare(CLONE_NEWNET))
    ip("link", "set", "lo", "up")
    for name, value in SYSCTL.items():
        setting = Path("/proc/sys/net", name)
        if setting.exists():
            setting.write_text(value)


def ip(*arguments: str) -> None:
    """`ip …` in this thread's namespace."""
    subprocess.run(["ip", *arguments], check=True)


def inside(pid: int) -> list[str]:
    """What to put before a command that is to run where process `pid` is, at the server's end; it ends with us."""
    return [*FIRST, "setpriv", "--pdeathsig", "TERM", "nsenter", f"--net=/proc/{pid}/ns/net", "--"]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
