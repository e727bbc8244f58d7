"""What the service stands: overload, workers killed, a stop under load, hours of mixed pictures, spoiled ones.

    python -m benchmarks.serving.soak [NAME ...] [--quick]        (or: make soak)

START HERE: `__main__.py`. Server and generator share one machine, so the server is pinned to one core and the
generator to the others: neither takes the other's time, and the server's capacity here is that of one core.
"""
