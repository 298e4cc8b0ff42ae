"""Sums of squares: the numbers, the sums in pieces or whole, and what they must be."""
