"""Soak tests of the service: attacks, overload, killed workers, shutdown, malformed images, steady load.

    python -m benchmarks.serving.soak [NAME ...] [--quick]     (or: make soak)

Start with `__main__.py`. In `overload`, `worker_kill`, `graceful_shutdown` and `sustained_load`, the server is pinned
to one core and the load generator to the others, so that they do not compete. The capacity measured here is therefore
that of one core.
"""
