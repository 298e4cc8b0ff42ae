"""Downloads and sums of squares under every Python concurrency strategy, measured and compared.

The library behind the workflow. Only `running` knows Snakemake; all works on plain data. Importing it costs nothing:
modules import only what they use, because every timed sample starts in a fresh interpreter.
"""
