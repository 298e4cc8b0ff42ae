"""Does a strategy start? `python -m concurrency.measuring.starting`, started by `preflight`.

It is imported, entered and left as in a sample, and given nothing to do.
"""

from concurrency.measuring.sample import ordered, reason


def main() -> None:
    parent, spec, strategy = ordered()
    try:
        with strategy.start(spec["workers"], **spec["options"]):
            pass
    except BaseException as error:  # reported from here, because cleaning up after it may hang
        parent.tell(error=reason(error))
        raise
    parent.tell()


if __name__ == "__main__":
    main()
