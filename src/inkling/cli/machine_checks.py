"""What `inkling doctor` asks of the machine about serving: cores, memory to share, and a server that really starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling import cpu
from inkling.server.settings import Settings, declared, env_name, listed, shown, source

Check = tuple[bool | None, str]  # True fits, False does not, None is optional and absent; and what was found

START_LIMIT_S = 60
CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Value:
    """A setting as `inkling serve` would take it here."""

    name: str
    value: str  # to show; of a secret only its length
    source: str  # "flag", "environment" or "default"
    variable: str
    help: str


def values(settings: Settings, flags: Mapping[str, Any]) -> list[Value]:
    """Every setting in order."""
    return [
        Value(
            one.name,
            shown(one, settings),
            source(one, flags, os.environ),
            env_name(one.name),
            one.metadata["help"],
        )
        for one in declared()
    ]


def cores() -> float:
    """Processor cores that this process may use, by affinity and by the container's quota."""
    usable = cpu.cores()
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
        return min(float(usable), int(quota) / int(period))
    except (OSError, ValueError):  # no container, or "max"
        return float(usable)


def workers(settings: Settings) -> Check:
    """Whether the workers fit the cores. More than cores fit too, but serve no more."""
    have = cores()
    found = f"{settings.workers} for {have:g} cores"
    if settings.workers > have:
        return None, f"{found}; more than cores serve no faster and take memory. Set {env_name('workers')}={have:.0f}"
    if settings.workers < int(have):
        return True, f"{found}; one per core serves the most ({env_name('workers')}={int(have)})"
    return True, found


def files() -> Check:
    """Whether workers can share memory, and what of the file system can be written; serving needs none of it."""
    from inkling.server.metrics import shared_memory

    shares = bool(shared_memory.create(1))
    here = "can" if os.access(Path.cwd(), os.W_OK) else "cannot"
    who = "root; a normal user is enough" if _is_root() else "a normal user"
    sharing = (
        "workers share their counters" if shares else "workers cannot share their counters: each speaks for itself"
    )
    found = f"{sharing}; this folder {here} be written, and need not be; run by {who}"
    return True if shares else None, found


def service(settings: Settings, picture: bytes) -> tuple[Check, dict[str, Any]]:
    """A real server with these settings and one worker: from its start to its first answered reading."""
    port = _free_port()
    command = [sys.executable, "-m", "inkling", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--model", settings.model] if settings.model else []
    began_s = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            answered = _first_answer(server, port, settings, picture, began_s + START_LIMIT_S)
            boot_ms = round(1000 * (time.perf_counter() - began_s))
            used = _memory_mb(server.pid) if answered else None
        finally:
            server.terminate()
            _, said = server.communicate(timeout=START_LIMIT_S)
    if not answered:
        return (False, f"no answer from a server on port {port}: {said.strip()[-300:]}"), {}
    facts = {"boot_ms": boot_ms, "memory_mb": used}
    text = f"{boot_ms} ms from start to the first answer"
    if used is not None:
        limit = _memory_limit_mb()
        text += f"; {used} MB with one worker" + (f" of {limit} MB allowed" if limit else "")
        if limit and used > limit:
            return (False, f"{text}. Give it more"), facts
    return (True, text), facts


def _first_answer(server: subprocess.Popen[str], port: int, settings: Settings, picture: bytes, until_s: float) -> bool:
    headers = {"Content-Type": "image/png", "X-API-Key": next(iter(listed(settings.api_key)), "")}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/read", picture, headers)
    while server.poll() is None and time.perf_counter() < until_s:
        try:
            with urllib.request.urlopen(request, timeout=START_LIMIT_S):  # noqa: S310
                return True
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 503:
                return False
        except OSError:
            pass  # not listening yet
        time.sleep(0.005)
    return False


def _memory_mb(pid: int) -> int | None:
    """Memory of a process and its children; what they share counts once. None where the system does not tell."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        every = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in (str(pid), *children)]
    except OSError:
        return None
    lines = [line.split() for text in every for line in text.splitlines()]
    return round(sum(int(words[1]) for words in lines if words[0] == "Pss:") / 1024)


def _memory_limit_mb() -> int | None:
    try:
        return int(CGROUP_MEMORY.read_text()) // 1_000_000
    except (OSError, ValueError):
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
