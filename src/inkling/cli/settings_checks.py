"""Checks of `inkling doctor --strict`: whether this machine can satisfy the settings."""

from __future__ import annotations

import os
import shutil
import socket

from inkling.cli.machine_checks import Check
from inkling.server.settings import Settings, env_name, misspelt


def variables() -> Check:
    """Whether every INKLING_* variable is known."""
    wrong = misspelt(os.environ)
    return not wrong, " ".join(wrong) or "every INKLING_* variable is known"


def port(settings: Settings) -> Check:
    """Whether the server can listen on its address."""
    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family):
            return True, f"{where} is free"
    except OSError as error:
        reason = error.strerror or str(error)
        return False, f"cannot listen on {where} ({reason}); set {env_name('host')} or {env_name('port')}"


def rates(settings: Settings) -> Check:
    """Whether the storage for rate limits works. Its address, which may contain a password, is not shown."""
    from limits.errors import ConfigurationError
    from limits.storage import storage_from_string

    if not settings.rate_per_minute:
        return True, "not needed"
    try:
        good = storage_from_string(settings.rate_storage).check() is True
    except ConfigurationError:  # its message contains the address
        return False, (
            f"{env_name('rate_storage')} cannot be used; expected memory://, or redis://HOST after 'pip install redis'"
        )
    return good, "the storage works" if good else f"the storage in {env_name('rate_storage')} does not answer; start it"


def lab(settings: Settings) -> Check:
    """Whether networks can be trained, if the lab is on."""
    from inkling.server.lab.training_manager import CLOSED_REASONS, MIN_FREE_BYTES, TrainingManager

    manager = TrainingManager(settings)
    reason = manager.closed_reason()
    if reason == "off":
        return True, "not needed"
    if reason:
        return False, CLOSED_REASONS[reason]
    folder = next(path for path in (manager.lab.path, *manager.lab.path.absolute().parents) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK) or free_bytes < MIN_FREE_BYTES:
        return False, (
            f"{manager.lab.path} needs write permission and {MIN_FREE_BYTES / 1e6:.0f} MB, but {folder} has "
            f"{free_bytes / 1e6:.0f} MB free; free some space, or set {env_name('lab_folder')}"
        )
    return True, f"{manager.lab.path} is writable"
