"""All that was counted, by all workers, in the Prometheus text format.

Source: Prometheus, "Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from inkling.server.metrics.definitions import METRICS, Metric
from inkling.server.metrics.shared_memory import Key, Memory, Slot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Series = dict[Key, list[float]]


def as_text(memory: Memory, facts: Iterable[Key]) -> str:
    """The text. `facts` are keys of metrics that are always 1."""
    found = gathered(memory.slots())
    for key in facts:
        found[key] = [1.0]
    by_name: dict[str, list[tuple[list[str], list[float]]]] = defaultdict(list)
    for key, values in sorted(found.items()):
        name, *labels = key
        by_name[name].append((labels, values))
    lines = []
    for name, metric in METRICS.items():
        if name in by_name:
            lines += [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
            for labels, values in by_name[name]:
                lines += _lines(name, metric, labels, values)
    return "\n".join(lines) + "\n"


def gathered(slots: list[Slot]) -> Series:
    """Sums over all workers that ever were; a gauge only of those that live."""
    total: Series = {("inkling_workers",): [0.0], ("inkling_workers_started_total",): [0.0]}
    for slot in slots:
        alive = slot.alive
        total["inkling_workers",][0] += alive
        total["inkling_workers_started_total",][0] += slot.claims
        for key, values in slot.read():
            metric = METRICS.get(key[0])
            if metric is None or (metric.kind == "gauge" and not alive):
                continue
            so_far = total.get(key)
            total[key] = [a + b for a, b in zip(so_far, values, strict=True)] if so_far else values
        if alive:
            memory_bytes, cpu_s = use_of(slot.pid)
            total["inkling_in_hand", str(slot.number)] = [float(slot.in_hand)]
            total["inkling_worker_memory_bytes", str(slot.number)] = [memory_bytes]
            total["inkling_worker_cpu_seconds_total", str(slot.number)] = [cpu_s]
    return total


def use_of(pid: int) -> tuple[float, float]:
    """(resident bytes, processor seconds) of a process; of this one alone where the system does not tell (no /proc)."""
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


def _lines(name: str, metric: Metric, labels: list[str], values: list[float]) -> list[str]:
    given = [f'{label}="{_escaped(value)}"' for label, value in zip(metric.labels, labels, strict=True)]
    if metric.kind != "histogram":
        return [f"{name}{_braced(given)} {_number(values[0])}"]
    lines, below = [], 0.0
    for bound, n in zip((*metric.buckets, float("inf")), values[:-1], strict=True):
        below += n
        at = 'le="+Inf"' if bound == float("inf") else f'le="{bound:g}"'
        lines.append(f"{name}_bucket{_braced([*given, at])} {_number(below)}")
    lines.append(f"{name}_sum{_braced(given)} {_number(values[-1])}")
    lines.append(f"{name}_count{_braced(given)} {_number(below)}")
    return lines


def _braced(labels: list[str]) -> str:
    return "{" + ",".join(labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
