"""Many lots of items by one strategy, in a fresh interpreter: `python -m concurrency.measuring.sweep`.

It is told what to do and sends how long the set-up took, and each lot: a list of items that are done as one work. What
each lot is to answer, its work knows.
"""

import importlib
import traceback
from time import perf_counter, process_time

from concurrency.measuring.sample import ordered, reason

REHEARSED = 32  # items, before any counts: what is imported or made on first use is no lot's


def main() -> None:
    parent, spec, strategy = ordered()
    module = importlib.import_module(spec["work"])
    work = module.build(spec["form"])
    lots = [[tuple(item) for item in lot] for lot in spec["lots"]]
    took, used = [], []
    try:
        begin = perf_counter()
        with strategy.start(spec["workers"], **spec["options"]) as run:
            ready = perf_counter()
            list(run(work, [(1e-4, 1)] * REHEARSED))
            for lot in lots:
                right = [module.expected(item) for item in lot]
                busy, began = process_time(), perf_counter()
                answers = list(run(work, lot))
                took.append(perf_counter() - began)
                used.append(process_time() - busy)
                if answers != right:
                    raise ArithmeticError("a wrong answer")
            parent.tell(setup_s=ready - begin, took_s=took, used_s=used)
            parent.await_order()  # to end: what its workers have used is looked at from outside
    except BaseException as error:  # reported from here, because cleaning up after it may hang
        parent.tell(error=reason(error), traceback=traceback.format_exc())
        raise


if __name__ == "__main__":
    main()
