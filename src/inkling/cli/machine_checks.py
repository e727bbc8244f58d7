"""Checks of `inkling doctor` for serving: cores, shared memory, and a test server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkling import cpu
from inkling.client import Client
from inkling.errors import InklingError, Unreachable
from inkling.server.settings import Settings, declared, env_name, listed, shown, source

Check = tuple[bool | None, str]  # (True: passed, False: failed, None: optional and not met; finding)

START_TIMEOUT_S = 60
CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")


def values(settings: Settings, flags: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every setting as `inkling serve` would use it; for secrets, only the length."""
    return [
        {
            "name": one.name,
            "value": shown(one, settings),
            "source": source(one, flags, os.environ),  # "flag", "environment" or "default"
            "variable": env_name(one.name),
            "help": one.metadata["help"],
        }
        for one in declared()
    ]


def cores() -> float:
    """Processor cores that this process may use, according to its affinity and the container's quota."""
    usable = cpu.cores()
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
        return min(float(usable), int(quota) / int(period))
    except (OSError, ValueError):  # no container, or "max"
        return float(usable)


def workers(settings: Settings) -> Check:
    """Compares the number of workers with the cores. More workers than cores are not an error, but do not help."""
    have = cores()
    found, variable = f"{settings.workers} for {have:g} cores", env_name("workers")
    if settings.workers > have:
        return None, f"{found}; more workers than cores use memory but are not faster. Set {variable}={have:.0f}"
    return True, found if settings.workers == int(
        have
    ) else f"{found}; one per core gives the highest throughput ({variable}={int(have)})"


def files() -> Check:
    """Checks that workers can share metrics. Also reports whether the current folder is writable (not required)."""
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108
    shares = os.access(shared, os.W_OK)
    writable = "writable" if os.access(Path.cwd(), os.W_OK) else "not writable"
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    user = "root; a normal user is enough" if is_root else "a normal user"
    sharing = f"workers share their metrics in {shared}" if shares else f"{shared} must be writable"
    return shares, f"{sharing}; the current folder is {writable}, which does not matter; run by {user}"


def service(settings: Settings, image: bytes) -> tuple[Check, dict[str, Any]]:
    """Start a server with these settings and one worker, and wait for its first answer."""
    port = _free_port()
    command = [sys.executable, "-m", "inkling", "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--model", settings.model] if settings.model else []
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            answered = _first_answer(server, port, settings, image, start + START_TIMEOUT_S)
            boot_ms = round(1000 * (time.perf_counter() - start))
            used = _memory_mb(server.pid) if answered else None
        finally:
            server.terminate()
            _, stderr = server.communicate(timeout=START_TIMEOUT_S)
    if not answered:
        return (False, f"no answer from a server on port {port}: {stderr.strip()[-300:]}"), {}
    facts = {"boot_ms": boot_ms, "memory_mb": used}
    text = f"{boot_ms} ms from start to the first answer"
    if used is not None:
        limit = _memory_limit_mb()
        text += f"; {used} MB with one worker" + (f" of {limit} MB allowed" if limit else "")
        if limit and used > limit:
            return (False, f"{text}. Raise the memory limit"), facts
    return (True, text), facts


def _first_answer(server: subprocess.Popen[str], port: int, settings: Settings, image: bytes, until: float) -> bool:
    key = next(iter(listed(settings.api_key)), None)
    with Client(f"http://127.0.0.1:{port}", api_key=key, timeout_s=START_TIMEOUT_S, retries=0) as client:
        while server.poll() is None and time.perf_counter() < until:
            try:
                client.read(image)
                return True
            except InklingError as error:
                # 503: the server is not listening yet, or its model is not loaded; try again
                if error.status != Unreachable.status:
                    return False
            time.sleep(0.005)
    return False


def _memory_mb(pid: int) -> int | None:
    """Memory of a process and its children, counting shared memory once; None if it cannot be determined."""
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
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
