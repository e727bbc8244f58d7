"""Soak tests of the service: overload, killed workers, a stop under load, slow clients, malformed images, steady load.

    python -m benchmarks.serving.soak [NAME ...] [--quick]     (or: make soak)

Start with `__main__.py`. The server is pinned to one core and the load generator to the others, so that neither takes
the other's time. The capacity measured here is that of one core.
"""
