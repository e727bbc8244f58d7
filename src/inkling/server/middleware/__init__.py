"""Processing before and after every view. START HERE: `access.py`."""
