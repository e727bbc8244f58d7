"""Reports about kept models, made on request by a separate process."""

from __future__ import annotations

import sys

from inkling.errors import Busy, NoReport, UnknownName
from inkling.lab_protocol.lab_folder import is_locked, read_json, take_lock, write_json
from inkling.models.bundle import Bundle
from inkling.server.lab.processes import closing_fd, spawn
from inkling.server.lab.training_manager import TrainingManager
from inkling.server.service.reports import load_report

REPORT = (sys.executable, "-m", "inkling.training.lab_worker", "report")


def make_report(manager: TrainingManager, name: str) -> None:
    """Start making the report. Raises UnknownName, and Busy while a report is being made."""
    manager.check_open()
    if name not in manager.kept.bundles():
        raise UnknownName("kept model", name, manager.kept.bundles())
    lab = manager.lab
    with manager.write_errors():
        lock = take_lock(lab.report_lock)
        if lock is None:
            raise Busy("a report is being made; expected one at a time. Wait until it is done, then try again.")
        with closing_fd(lock), lab.report_log.open("ab") as log:
            write_json(lab.report, {"model": name, "error": ""})
            spawn([*REPORT, str(lab.path), name], log, lock, thread="inkling-report")


def report_state(manager: TrainingManager, bundle: Bundle) -> dict[str, str]:
    """The state of a kept model's report: `report` is none, making, made or failed; `report_error` is the cause."""
    last = read_json(manager.lab.report)
    if last.get("model") == bundle.name:
        if is_locked(manager.lab.report_lock):
            return {"report": "making", "report_error": ""}
        if last.get("error"):
            return {"report": "failed", "report_error": str(last["error"])}
    try:
        load_report(bundle, bundle.name)
    except NoReport:
        return {"report": "none", "report_error": ""}
    return {"report": "made", "report_error": ""}
