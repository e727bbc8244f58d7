"""What happens to every request before its route, and to every answer after it. START HERE: `gate.py`."""
