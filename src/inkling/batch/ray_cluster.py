"""Connecting to a Ray cluster, or starting Ray here: quickly or with one sentence, and silently."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkling.errors import BadRequest, MissingExtra, Unreachable
from inkling.silence import quiet_stderr

ANSWER_S = 10.0  # a cluster that does not answer by then is said not to
STORE_BYTES = 100_000_000  # of shared memory where Ray is started here: chunks are small

HTTP2_SETTINGS = b"\x04"
HTTP2_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + HTTP2_SETTINGS + b"\0" * 5  # RFC 9113, 3.4

# Said to Ray before it is loaded: nothing is sent to its makers, and nothing is written on the terminal.
QUIET_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}

# Said to Ray that is started here for one command: nobody asks its processes what they do, so they keep no account.
UNWATCHED = {
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_event_stats": "0",
}


def connect(address: str) -> Any:
    """Ray, connected and silent. Raises Unreachable or MissingExtra."""
    _say(QUIET_ENVIRONMENT)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtra("reading on a cluster", "cluster") from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    if ray.is_initialized():
        return ray
    _hush()
    silent = {"logging_level": "critical", "log_to_driver": False}
    started = {"num_cpus": os.cpu_count(), "object_store_memory": STORE_BYTES, "include_dashboard": False}
    if address == "auto":
        told = os.environ.get("RAY_ADDRESS", "")
        address = told if told not in ("", "auto") else _cluster_of_this_machine()
    if address in ("", "local"):
        _say(UNWATCHED)
        with quiet_stderr():
            ray.init(address="local", **started, **silent)
        return ray
    _check_answers(address)
    try:
        with quiet_stderr(), _waiting_s(5):
            ray.init(address=address, **silent)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _no_cluster(address, error) from error
    return ray


def _say(settings: dict[str, str]) -> None:
    """Sets what the environment does not say otherwise."""
    os.environ.update({name: value for name, value in settings.items() if name not in os.environ})


@contextlib.contextmanager
def _waiting_s(seconds: int) -> Iterator[None]:
    """How long Ray waits for a head that answers but does not let it in: 20 s when it is told nothing."""
    name = "RAY_gcs_server_port_wait_time_s"
    told = os.environ.setdefault(name, str(seconds)) != str(seconds)
    try:
        yield
    finally:
        if not told:
            os.environ.pop(name, None)


def _hush() -> None:
    """Keeps what Ray says of its nodes off standard output, where readings may go; its logs have it."""
    from ray._private import worker

    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = lambda data, **_: logging.getLogger("ray").info(data)


def _cluster_of_this_machine() -> str:
    """The address that `ray start` noted here, "" without one. Ray's own search would take any that runs here."""
    import ray._common.utils

    folder = os.environ.get("RAY_TMPDIR") or ray._common.utils.get_default_system_temp_dir()
    try:
        return Path(folder, "ray", "ray_current_cluster").read_text().strip()
    except OSError:
        return ""


def _check_answers(address: str) -> None:
    """Raises Unreachable when no gRPC server answers there within `ANSWER_S`. Ray itself would try for minutes."""
    if "://" in address:
        raise BadRequest(
            f"{address} is no address that can be read on; expected auto or host:port. From outside a cluster, send "
            "the whole command to it, as deploy/kuberay does."
        )
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S) as connection:
            if os.environ.get("RAY_USE_TLS", "0") == "0":
                connection.sendall(HTTP2_HELLO)
                if connection.recv(9)[3:4] != HTTP2_SETTINGS:
                    raise ConnectionError("what listens there is not Ray")
    except (OSError, ValueError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> Unreachable:
    brief = " ".join(str(error.__cause__ or error).split())
    if "AuthenticationError" in brief or "InvalidAuthToken" in brief:
        brief = "it asks for a token: RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"
    return Unreachable(
        f"no cluster answers at {address} ({brief[:160]}); expected the head's host:port, as 10.0.0.1:6379. "
        "Start it, or leave --cluster out to read on this machine."
    )
