"""Starts Ray on this machine or connects to a cluster, with Ray's messages silenced; shuts Ray down afterward."""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from inkling.cpu import cores as cores_here
from inkling.errors import BadRequest, Unreachable
from inkling.training.sweep.plan import Resources

CONNECT_TIMEOUT_S = 5.0
STORE_BYTES = 256 * 2**20  # Ray's shared memory on this machine: MNIST (47 MB) and finished runs in transit
ENVIRONMENT = {  # Ray reads these when it is imported or started
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # keeps relative paths in a recipe valid
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",  # a sweep resumes from the study instead
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_THRESHOLD_S": "30",
}


def configure() -> None:
    """Sets Ray's environment and log level. Call this before the first import of Ray."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray").setLevel(logging.CRITICAL)


def check(resources: Resources) -> None:
    """Raises BadRequest or Unreachable for resources that are not available, before anything is started."""
    here, cluster = cores_here(), resources.cluster
    if not cluster:
        if resources.cores > here:
            raise BadRequest(f"--cores is {resources.cores}; this machine has {here}. Lower it, or use --cluster.")
        needed = resources.at_once * resources.cores
        if needed > here:
            raise BadRequest(
                f"{resources.at_once} trials at once with {resources.cores} cores each need {needed}; "
                f"this machine has {here}. Lower --at-once or --cores."
            )
        return
    if "://" in cluster:
        raise BadRequest(
            f"--cluster is {cluster}; expected auto or HOST:PORT, on a machine of the cluster. Run the sweep "
            "there, or as a job of the cluster: ray job submit -- inkling sweep ..."
        )
    if cluster == "auto":
        return
    host, _, port = cluster.rpartition(":")
    if not host or not port.isdigit():
        raise BadRequest(f"--cluster is {cluster!r}; expected auto or HOST:PORT, as in 10.0.0.5:6379. Correct it.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT_S).close()
    except (OSError, OverflowError) as error:
        raise Unreachable(
            f"no Ray cluster answers at {cluster} ({error}); expected its head node. Check it with: ray status"
        ) from error


@contextmanager
def session(resources: Resources) -> Iterator[int]:
    """Starts or connects to Ray; yields the number of parallel trials. Raises Unreachable."""
    import ray

    options = (
        {"address": resources.cluster}
        if resources.cluster
        else {
            "address": "local",
            "num_cpus": cores_here(),
            "include_dashboard": False,
            "object_store_memory": STORE_BYTES,
        }
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        where = f"the Ray cluster {resources.cluster}" if resources.cluster else "Ray on this machine"
        reason = (str(error).splitlines() or [""])[0]
        raise Unreachable(f"{where} does not start or answer ({reason}). Check it with: ray status") from error
    try:
        total = int(ray.cluster_resources().get("CPU", 0))
        yield resources.at_once or max(1, total // resources.cores)
    finally:
        ray.shutdown()
