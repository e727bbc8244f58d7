"""Twelve kinds of attack on a running service, through the proxy of deploy/nginx and without, beside an honest client.

`run` starts a fresh server for each attack, so that one attack's damage is not blamed on the next. START HERE:
measurement.py.
"""

from benchmarks.serving.soak.attacks.measurement import COUNT, checks, run

__all__ = ["COUNT", "checks", "run"]
