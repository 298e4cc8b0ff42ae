"""What a user would write instead of our strategies, in their form: `start(workers)` yields `run`.

Everything happens in `run`, as in a script of a few lines, with each library's defaults; only what must be equal, the
number of requests in flight or of processes, is set where the default differs.
"""
