"""Items that each wait and compute for so long: the work of which the map of concurrency is made."""
