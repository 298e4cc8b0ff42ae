"""Downloads by HTTP clients of their own: strategies that the two clients of the plain work cannot show."""
