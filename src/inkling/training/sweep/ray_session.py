"""Ray on this machine, or a cluster that runs already; quiet, and shut down afterwards."""

from __future__ import annotations

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from inkling.cpu import cores as cores_here
from inkling.errors import BadRequest, Unreachable
from inkling.training.sweep.plan import Means

ANSWER_S = 5.0  # that a cluster's address may take to answer
STORE_BYTES = 256 * 2**20  # Ray's shared memory on this machine: MNIST (47 MB) and finished runs on their way
QUIET = {  # read by Ray when it is imported or started
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # paths in a recipe stay what they were
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",  # the study is what a sweep goes on from
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_THRESHOLD_S": "30",
}


def quieten() -> None:
    """Keeps Ray's notes off the terminal; to be called before Ray is first imported."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray").setLevel(logging.CRITICAL)


def check(means: Means) -> None:
    """Raises BadRequest or Unreachable for what can be known to fail before anything is started."""
    here = cores_here()
    if not means.cluster:
        if means.cores > here:
            raise BadRequest(f"--cores is {means.cores}; this machine has {here}. Lower it, or use --cluster.")
        if means.at_once * means.cores > here:
            raise BadRequest(
                f"{means.at_once} trials at once with {means.cores} cores each need {means.at_once * means.cores}; "
                f"this machine has {here}. Lower --at-once or --cores."
            )
        return
    if "://" in means.cluster:
        raise BadRequest(
            f"--cluster is {means.cluster}; auto or HOST:PORT was expected, on a machine of the cluster. Run the sweep "
            "there, or as a job of the cluster: ray job submit -- inkling sweep ..."
        )
    if means.cluster != "auto":
        _knock(means.cluster)


@contextmanager
def started(means: Means) -> Iterator[int]:
    """Ray, ready; gives how many trials are made at once. Raises Unreachable for a cluster that does not answer."""
    import ray

    quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if means.cluster:
                ray.init(address=means.cluster, **quiet)
            else:
                ray.init(
                    address="local",
                    num_cpus=cores_here(),
                    include_dashboard=False,
                    object_store_memory=STORE_BYTES,
                    **quiet,
                )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        where = f"the Ray cluster {means.cluster}" if means.cluster else "Ray on this machine"
        told = (str(error).splitlines() or [""])[0]
        raise Unreachable(f"{where} does not start or answer ({told}). Check it with: ray status") from error
    try:
        total = int(ray.cluster_resources().get("CPU", 0))
        yield means.at_once or max(1, total // means.cores)
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise BadRequest(f"--cluster is {address!r}; auto or HOST:PORT was expected, as in 10.0.0.5:6379. Change it.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise Unreachable(
            f"no Ray cluster answers at {address} ({error}); its head was expected there. Check it with: ray status"
        ) from error
