"""Connect to a Ray cluster or start Ray locally, without output. Failures are reported quickly and briefly."""

from __future__ import annotations

import logging
import os
import socket
import sys
from pathlib import Path
from typing import Any

from inkling.errors import BadRequest, MissingExtra, Unreachable
from inkling.quiet import quiet_stderr

ANSWER_TIMEOUT_S = 10.0
STORE_BYTES = 100_000_000  # of shared memory for a local Ray: chunks are small

HTTP2_SETTINGS = b"\x04"
HTTP2_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + HTTP2_SETTINGS + b"\0" * 5  # RFC 9113, 3.4

# Set before Ray is imported: no telemetry, and no output to the terminal.
QUIET_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}

# Set if Ray is started locally for one command: its metrics are not used.
LOCAL_ENVIRONMENT = {
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_event_stats": "0",
}

# Set for a connection to another machine: how long to wait for a head node that answers but accepts no connection.
# Ray's default is 20 s.
REMOTE_ENVIRONMENT = {"RAY_gcs_server_port_wait_time_s": "5"}


def connect(address: str) -> Any:
    """Ray, connected and silent. Raises BadRequest, Unreachable or MissingExtra."""
    _set_defaults(QUIET_ENVIRONMENT)
    try:
        import ray
        import ray.util.scheduling_strategies
    except ImportError as error:
        raise MissingExtra("reading on a cluster", "cluster") from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    if ray.is_initialized():
        return ray
    silent = {"logging_level": "critical", "log_to_driver": False}
    if address == "auto":
        configured = os.environ.get("RAY_ADDRESS", "")
        address = configured if configured not in ("", "auto") else _address_of_local_cluster()
    if address in ("", "local"):
        _set_defaults(LOCAL_ENVIRONMENT)
        with quiet_stderr():
            ray.init(
                "local", num_cpus=os.cpu_count(), object_store_memory=STORE_BYTES, include_dashboard=False, **silent
            )
        return ray
    _check_answers(address)
    _set_defaults(REMOTE_ENVIRONMENT)
    try:
        with quiet_stderr():
            ray.init(address=address, **silent)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _no_cluster(address, error) from error
    return ray


def _set_defaults(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        os.environ.setdefault(name, value)


def _address_of_local_cluster() -> str:
    """The address that `ray start` saved on this machine, or "". Ray's own search accepts any local cluster."""
    folder = os.environ.get("RAY_TMPDIR") or (sys.platform == "linux" and os.environ.get("TMPDIR")) or "/tmp"  # noqa: S108
    try:
        return Path(folder, "ray", "ray_current_cluster").read_text().strip()
    except OSError:
        return ""


def _check_answers(address: str) -> None:
    """Raise BadRequest for a URL, Unreachable if no server answers in `ANSWER_TIMEOUT_S`. Ray tries for minutes."""
    if "://" in address:
        raise BadRequest(
            f"{address} is not a supported cluster address; expected auto or host:port. From outside a cluster, submit "
            "the whole command to it, as deploy/kuberay does."
        )
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_TIMEOUT_S) as connection:
            if os.environ.get("RAY_USE_TLS", "0") == "0":
                connection.sendall(HTTP2_HELLO)
                if connection.recv(9)[3:4] != HTTP2_SETTINGS:
                    raise ConnectionError("the server there is not Ray")
    except (OSError, ValueError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> Unreachable:
    brief = " ".join(str(error.__cause__ or error).split())
    if "AuthenticationError" in brief or "InvalidAuthToken" in brief:
        brief = "it requires a token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN"
    return Unreachable(
        f"no cluster answers at {address} ({brief[:160]}); expected the head's host:port, such as 10.0.0.1:6379. "
        "Start it, or omit --cluster to read on this machine."
    )
