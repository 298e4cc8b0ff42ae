"""From what a live download recorded to what a replay plays: the pages' profile, and the path to them.

Nothing that measures imports this: it is done once, after the download.
"""
