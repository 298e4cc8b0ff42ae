"""From samples to the answer: which arm, and how sure."""
