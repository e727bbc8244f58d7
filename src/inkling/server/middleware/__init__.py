"""Before Flask: a thin layer of WSGI that sees every request first and every answer last. START HERE: `gate.py`."""
