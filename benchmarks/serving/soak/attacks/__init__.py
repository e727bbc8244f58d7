"""Twelve kinds of attacks on a running service, with and without the proxy of deploy/nginx, during regular requests.

`run` starts a new server for each attack, so that attacks do not influence each other's results. START HERE:
measurement.py.
"""

from benchmarks.serving.soak.attacks.measurement import COUNT, checks, run

__all__ = ["COUNT", "checks", "run"]
