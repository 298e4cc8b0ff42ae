"""The map of concurrency: which strategy to use for items that wait so long and compute so long."""
