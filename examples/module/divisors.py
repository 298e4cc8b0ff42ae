"""What the project computes, which imports nothing of the comparison."""


def proper(number: int) -> int:
    """The sum of the proper divisors, found by trying them all."""
    return sum(divisor for divisor in range(1, number // 2 + 1) if number % divisor == 0)
