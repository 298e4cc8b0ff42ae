"""What is done: the items, the work itself, and its right answers."""
