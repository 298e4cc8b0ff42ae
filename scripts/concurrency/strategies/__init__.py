"""The strategies: how to do any work concurrently; one file each, found by its file name.

A strategy file is one screen and teaches one idea. It holds

- a docstring whose first line says what it does (the report quotes it);
- `RANK`, its place in simplicity: on a tie the lower rank is recommended;
- `RUNS`, the form of a work that it takes: `function` or `coroutine`; one that lies with a workload and does the same
  in a way of its own (a client, an algorithm) leaves it out;
- `SHARES`, what its workers share, and so how many of them compute at any moment: `thread` (there is one worker),
  `loop` (tasks of one event loop) or `gil` (threads of one interpreter); left out, they share nothing;
- `THEN`, where it runs what a work does `then`, with what came back, if elsewhere than the rest: `threads` or
  `processes`; it takes only a work that has such a stage, and runs `work.before` and `work.then_call`;
- `NEEDS`, the packages that must be installed for it, beside those that the work needs (none: leave it out);
- `INSTALL`, the command that installs them, where it is more than `pip install` and their names;
- `PYTHON`, the first version of Python that has it, as (major, minor) (any: leave it out);
- `OPTIONS`, a JSON schema for each option it takes, with a default (none: leave it out);
- `start(workers, **options)`, a context manager that yields `run`. Entering it starts every worker and waits until
  all are awake; `run(work, items)` does the work for each item and returns the answers in input order, as an iterator
  where the API gives them as they come (what goes wrong may be raised by that); leaving it cleans up. A strategy that
  starts processes takes them from `multiprocessing.get_context()`: the start method is the campaign's.

The facts are read from the source without importing it, so that listing strategies needs none of their packages. The
scripts that `recommending` makes hold `start` and all that it reaches by name, as it stands; what it takes
from this library it therefore imports by `from … import name`.
"""
