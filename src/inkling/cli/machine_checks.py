"""Checks of `inkling doctor` about serving: cores, shared memory, and a server that starts and answers."""

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

Check = tuple[bool | None, str]  # True: passed, False: failed, None: optional and absent; and the finding

START_TIMEOUT_S = 60
CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
CGROUP_MEMORY = Path("/sys/fs/cgroup/memory.max")


def values(settings: Settings, flags: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every setting as `inkling serve` would use it; of a secret, only its length."""
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
    """Processor cores that this process may use, by affinity and by the container's quota."""
    usable = cpu.cores()
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
        return min(float(usable), int(quota) / int(period))
    except (OSError, ValueError):  # no container, or "max"
        return float(usable)


def workers(settings: Settings) -> Check:
    """Whether there is a worker for each core. More workers work too, but serve no more requests."""
    have = cores()
    found, variable = f"{settings.workers} for {have:g} cores", env_name("workers")
    if settings.workers > have:
        return None, f"{found}; more workers than cores serve no faster and take memory. Set {variable}={have:.0f}"
    return True, found if settings.workers == int(
        have
    ) else f"{found}; one per core serves most ({variable}={int(have)})"


def files() -> Check:
    """Whether workers can share their counters, and whether this folder is writable, which serving does not need."""
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108
    shares = os.access(shared, os.W_OK)
    writable = "writable" if os.access(Path.cwd(), os.W_OK) else "not writable"
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    user = "root; a normal user is enough" if is_root else "a normal user"
    sharing = f"workers share their counters in {shared}" if shares else f"{shared} is not writable; it must be"
    return shares, f"{sharing}; this folder is {writable}, and need not be; run by {user}"


def service(settings: Settings, image: bytes) -> tuple[Check, dict[str, Any]]:
    """Starts a server with these settings and one worker, and waits for its first answer."""
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
            return (False, f"{text}. Give it more"), facts
    return (True, text), facts


def _first_answer(server: subprocess.Popen[str], port: int, settings: Settings, image: bytes, until: float) -> bool:
    key = next(iter(listed(settings.api_key)), None)
    with Client(f"http://127.0.0.1:{port}", api_key=key, timeout_s=START_TIMEOUT_S, retries=0) as client:
        while server.poll() is None and time.perf_counter() < until:
            try:
                client.read(image)
                return True
            except InklingError as error:
                if (
                    error.status != Unreachable.status
                ):  # it listens, but the model is not loaded, or does not listen yet
                    return False
            time.sleep(0.005)
    return False


def _memory_mb(pid: int) -> int | None:
    """Memory of a process and its children, shared memory counted once; None if the system does not tell."""
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
