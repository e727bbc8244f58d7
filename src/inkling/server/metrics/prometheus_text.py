"""The metrics of all workers in the Prometheus text format.

Source: Prometheus, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from inkling.server.metrics.definitions import METRICS, Metric
from inkling.server.metrics.shared_memory import Key, SharedMemory, WorkerCounters

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Series = dict[Key, list[float]]


def render(memory: SharedMemory, info: Iterable[Key]) -> str:
    """The text of /metrics. `info`: keys of metrics whose value is always 1."""
    series = aggregate(memory.workers()) | {key: [1.0] for key in info}
    by_name: dict[str, list[tuple[list[str], list[float]]]] = defaultdict(list)
    for (name, *labels), values in sorted(series.items()):
        by_name[name].append((labels, values))
    lines = []
    for name, metric in METRICS.items():
        if name in by_name:
            lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
            for labels, values in by_name[name]:
                lines += _sample_lines(name, metric, labels, values)
    return "\n".join(lines) + "\n"


def aggregate(workers: list[WorkerCounters]) -> Series:
    """Counters summed over all workers that ever lived, and gauges of those alive."""
    total: Series = {("inkling_workers",): [0.0], ("inkling_workers_started_total",): [0.0]}
    for worker in workers:
        alive = worker.alive
        total["inkling_workers",][0] += alive
        total["inkling_workers_started_total",][0] += worker.claims
        for key, values in worker.read():
            metric = METRICS.get(key[0])
            if metric is None or (metric.kind == "gauge" and not alive):
                continue
            so_far = total.get(key)
            total[key] = [a + b for a, b in zip(so_far, values, strict=True)] if so_far else values
        if alive:
            number = str(worker.number)
            memory_bytes, cpu_s = resource_usage(worker.pid)
            total["inkling_in_hand", number] = [float(worker.in_flight)]
            total["inkling_worker_memory_bytes", number] = [memory_bytes]
            total["inkling_worker_cpu_seconds_total", number] = [cpu_s]
    return total


def resource_usage(pid: int) -> tuple[float, float]:
    """(resident bytes, processor seconds) of a process. Without /proc only this process's own are known, else 0."""
    try:
        folder = Path(f"/proc/{pid}")
        pages = int(folder.joinpath("statm").read_bytes().split()[1])
        ticks = folder.joinpath("stat").read_bytes().rpartition(b")")[2].split()[11:13]
        return float(pages * os.sysconf("SC_PAGE_SIZE")), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        if sys.platform == "win32" or pid != os.getpid():
            return 0.0, 0.0
        import resource

        use = resource.getrusage(resource.RUSAGE_SELF)
        return use.ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0), use.ru_utime + use.ru_stime


def _sample_lines(name: str, metric: Metric, values_of_labels: list[str], values: list[float]) -> list[str]:
    labels = [f'{label}="{_escaped(text)}"' for label, text in zip(metric.labels, values_of_labels, strict=True)]
    if metric.kind != "histogram":
        return [_sample(name, labels, values[0])]
    lines, cumulative = [], 0.0
    for bound, n in zip((*metric.buckets, float("inf")), values[:-1], strict=True):
        cumulative += n
        upper = "+Inf" if bound == float("inf") else f"{bound:g}"
        lines.append(_sample(f"{name}_bucket", [*labels, f'le="{upper}"'], cumulative))
    return [*lines, _sample(f"{name}_sum", labels, values[-1]), _sample(f"{name}_count", labels, cumulative)]


def _sample(name: str, labels: list[str], value: float) -> str:
    braces = "{" + ",".join(labels) + "}" if labels else ""
    return f"{name}{braces} {int(value) if value == int(value) else value!r}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
