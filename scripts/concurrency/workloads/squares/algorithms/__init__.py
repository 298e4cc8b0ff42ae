"""Other ways to the same sums: what to try before any concurrency. They compete with no strategy."""
