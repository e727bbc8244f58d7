"""Checks of `inkling doctor --strict`: what the settings ask for is so on this machine."""

from __future__ import annotations

import os
import shutil
import socket

from inkling.cli.machine_checks import Check
from inkling.server.settings import Settings, env_name, misspelt


def variables() -> Check:
    """Whether every INKLING_* variable is a setting."""
    wrong = misspelt(os.environ)
    return not wrong, " ".join(wrong) or "every INKLING_* variable is a setting"


def port(settings: Settings) -> Check:
    """Whether the server could listen where it is told to."""
    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family):
            return True, f"{where} is free"
    except OSError as error:
        reason = error.strerror or str(error)
        return False, f"{where} cannot be listened on ({reason}); set {env_name('host')} or {env_name('port')}"


def rates(settings: Settings) -> Check:
    """Whether requests can be counted where the settings say; the address, which may hold a password, is not shown."""
    from limits.errors import ConfigurationError
    from limits.storage import storage_from_string

    if not settings.rate_per_minute:
        return True, "not asked for"
    try:
        good = storage_from_string(settings.rate_storage).check() is True
    except ConfigurationError:  # its message quotes the address
        return False, (
            f"{env_name('rate_storage')} cannot be used; expected memory://, or redis://HOST with the 'redis' extra"
        )
    return good, "can be counted" if good else f"the storage of {env_name('rate_storage')} does not answer; start it"


def lab(settings: Settings) -> Check:
    """Whether networks can be trained, where the lab is on."""
    from inkling.server.lab.training_manager import CLOSED_REASONS, MIN_FREE_BYTES, TrainingManager

    manager = TrainingManager(settings)
    reason = manager.closed_reason()
    if reason == "off":
        return True, "not asked for"
    if reason:
        return False, CLOSED_REASONS[reason]
    folder = next(path for path in (manager.lab.path, *manager.lab.path.absolute().parents) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK) or free_bytes < MIN_FREE_BYTES:
        return False, (
            f"{manager.lab.path} needs the right to write and {MIN_FREE_BYTES / 1e6:.0f} MB, and {folder} has "
            f"{free_bytes / 1e6:.0f} MB; make room, or set {env_name('lab_folder')}"
        )
    return True, f"{manager.lab.path} can be written"
