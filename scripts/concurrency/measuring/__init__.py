"""One sample of one arm, told honestly: what ran, on what, and what the machine did meanwhile."""
