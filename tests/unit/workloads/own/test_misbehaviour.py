"""Ways in which a user's function misbehaves, and what is said of each: never a hang, never a traceback of ours."""

import textwrap

import pytest

from concurrency.measuring.arms import Arm
from helpers.workloads import measure

TIMEOUT_S = 40.0  # far beyond what anything here takes
ARMS = [Arm("sequential"), Arm("process_pool", 2)]
GOOD = ""

# What `f(n)` does for the 2 of 1, 2, 3; what is said of one by one, and of a pool of processes if that differs.
WAYS = {
    "it raises": ("raise ValueError('unlucky')", "item 2: ValueError: unlucky"),
    "what it raises has lines": ("raise ValueError('un\\nlucky')", "item 2: ValueError: un lucky"),
    "what it raises does not unpickle": (
        "class Odd(Exception):\n    def __init__(self, a, b):\n        super().__init__(a)\nraise Odd('x', 2)",
        "item 2: Odd: x",
    ),
    "what it raises holds what does not pickle": ("raise ValueError(lambda: 1)", "item 2: ValueError: <function f.<lo"),
    "what it raises has no text": (
        "class Bad(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Bad()",
        "item 2: Bad: (it has no message)",
    ),
    "it leaves as if all were well": ("sys.exit(0)", "item 2: SystemExit: 0"),
    "it leaves with a word": ("sys.exit('enough')", "item 2: SystemExit: enough"),
    "it interrupts": ("raise KeyboardInterrupt", "item 2: KeyboardInterrupt"),
    "it closes its generator": ("raise GeneratorExit", "item 2: GeneratorExit"),
    "it recurses": ("return f(n)", "item 2: RecursionError: maximum recursion depth exceeded"),
    "it raises several": (
        "raise ExceptionGroup('several', [ValueError(), KeyError()])",
        "item 2: ExceptionGroup: several (2 sub-exceptions)",
    ),
    "it raises what is no Exception": (
        "class Base(BaseException): pass\nraise Base('x')",
        "item 2: Base: x",
    ),
    "it wants all memory": ("bytearray(1 << 60)", "item 2: MemoryError"),
    "it asks the user": ("input('your name? ')", "item 2: EOFError: EOF when reading a line"),
    "it ends the process": (
        "os._exit(3)",
        "the sample's process ended with exit code 3",
        "a worker process ended with exit code 3",
    ),
    "it ends the process quietly": (
        "os._exit(0)",
        "the sample's process ended with exit code 0",
        "a worker process ended with exit code 0",
    ),
    "it kills the process": (
        "os.kill(os.getpid(), signal.SIGKILL)",
        "the sample's process was ended by SIGKILL",
        "a worker process was ended by SIGKILL",
    ),
    "it aborts": (
        "os.abort()",
        "the sample's process was ended by SIGABRT",
        "a worker process was ended by SIGABRT",
    ),
    "it reads where nothing is": (
        "ctypes.string_at(0)",
        "the sample's process was ended by SIGSEGV",
        "a worker process was ended by SIGSEGV",
    ),
    "its alarm rings": (
        "signal.alarm(1); time.sleep(30)",
        "the sample's process was ended by SIGALRM",
        "a worker process was ended by SIGALRM",
    ),
    "it names a file that is no UTF-8": ("raise ValueError('caf\\udce9')", "item 2: ValueError: caf\\udce9"),
    "it sleeps for ever": ("time.sleep(1e6)", "no result within 3 s (works.mine.timeout_s)"),
    "it computes for ever": ("while True: pass", "no result within 3 s (works.mine.timeout_s)"),
    "it answers a function": (
        "return lambda: n",
        "item 2: its answer cannot be pickled: ",
        "",  # the pool says it in its own words, by version of Python
    ),
    "it answers a generator": ("return (i for i in range(n))", "item 2: its answer cannot be pickled: TypeError: ", ""),
    "it answers an open file": ("return open(os.devnull)", "item 2: its answer cannot be pickled: TypeError: ", ""),
    "its answer raises when it is pickled": (
        "class Odd:\n    def __reduce__(self):\n        raise OSError('no')\nreturn Odd()",
        "item 2: its answer cannot be pickled: OSError: no",
        "",
    ),
    "its answer does not unpickle": ("return Unloadable()", "item 2: cannot be compared: ValueError: not here", ""),
    "its answer differs": ("return os.getpid()", GOOD, "item 2: answered "),
    "its answers say nothing": ("class C: pass\nreturn time.time()", GOOD, "item 2: answered "),
    "it prints a lot": ("print('x' * 50_000_000)", GOOD),
    "it closes its outputs": ("sys.stdout.close(); os.close(0); os.close(1); os.close(2)", GOOD),
    "it goes somewhere else": ("os.chdir('/')", GOOD),
    "it loses its path": ("sys.path.clear()", GOOD),
    "it loses its environment": ("os.environ.clear()", GOOD),
    "it speaks another language": ("locale.setlocale(locale.LC_ALL, 'C')", GOOD),
    "it patches what others use": ("json.dumps = time.perf_counter = pickle.dump = None", GOOD),
    "it leaves a thread": ("threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()", GOOD),
    "it leaves a process": ("subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1e6)'])", GOOD),
    "it ignores the end": ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", GOOD),
    "it has processes of its own": (
        "with ProcessPoolExecutor(2) as pool:\n    list(pool.map(abs, range(9)))",
        GOOD,
    ),
    "it has a pool of its own": ("with multiprocessing.Pool(2) as pool:\n    pool.map(abs, range(9))", GOOD),
    "it has a loop of its own": ("asyncio.run(asyncio.sleep(0.01))", GOOD),
    "it answers a set": ("return {str(i) for i in range(100)}", GOOD),
    "it answers no number": ("return [float('nan')]", GOOD),
    "it answers a huge number": ("return 10 ** 5000", GOOD),
    "it answers an object": ("return Plain()", GOOD),
    "it answers a lot": ("return bytes(50_000_000)", GOOD),
    "it writes into its item": ("n.append(1) if isinstance(n, list) else None", GOOD),
}
FILE = """
import asyncio, ctypes, json, locale, multiprocessing, os, pickle, signal, subprocess, sys, threading, time
from concurrent.futures import ProcessPoolExecutor

class Plain:
    pass

def fail():
    raise ValueError("not here")

class Unloadable:
    def __reduce__(self):
        return fail, ()

def f(n):
    if n == 2:
{way}
    return n
"""


@pytest.mark.heavy
@pytest.mark.parametrize("way", WAYS)
def test_what_is_said(tmp_path, way):
    text, alone, *pool = WAYS[way]
    (tmp_path / "mine.py").write_text(FILE.format(way=textwrap.indent(text, " " * 8)))
    timeout_s = 3.0 if "for ever" in way else TIMEOUT_S
    rows = measure("mine", ARMS, [1, 2, 3], None, {"function": f"{tmp_path}/mine.py:f"}, timeout_s=timeout_s)
    for row, expected in zip(rows, (alone, pool[0] if pool else alone), strict=True):
        error = row.get("error", "")
        assert "\n" not in error
        if expected == GOOD and not pool:
            assert error == ""
        elif expected:
            assert error.startswith(expected)
        assert bool(error) == bool(row["failed"])
    after = measure("mine", ARMS, [1, 3], None, {"function": f"{tmp_path}/mine.py:f"}, timeout_s=timeout_s)
    assert [row.get("error") for row in after] == [None, None]
