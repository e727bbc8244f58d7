"""Makes the report of a kept model for its page (`training.publish`), and records the outcome in the lab's folder."""

from __future__ import annotations

import os
import traceback

from inkling.errors import InklingError
from inkling.lab_protocol.lab_folder import LabFolder, write_json
from inkling.models.bundle import open_bundle


def make_report(lab: LabFolder, name: str) -> None:
    """Measure and draw, which takes minutes on a slow machine. Records success or an error in the lab's folder."""
    from inkling.training.data.mnist import load_mnist
    from inkling.training.publish import publish

    error = ""
    try:
        publish(open_bundle(lab.models / name), load_mnist())
    except InklingError as failure:
        error = str(failure)
    except Exception as failure:  # top level of the process
        traceback.print_exc()
        error = f"The report failed ({type(failure).__name__}). See {lab.report_log}."
    write_json(lab.report, {"model": name, "error": error})
    os.utime(lab.models)  # makes listeners reload the models
