"""What is known about a number, and the best text that agrees with it. START HERE: constraints.py."""
