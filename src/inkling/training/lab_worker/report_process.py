"""The report about a kept model, for its page: `training.publish`, and what became of it in the lab's folder."""

from __future__ import annotations

import os
import traceback

from inkling.errors import InklingError
from inkling.lab_protocol.lab_folder import LabFolder, write_json
from inkling.models.bundle import open_bundle


def make_report(lab: LabFolder, name: str) -> None:
    """Measure and draw; some minutes on a slow machine. An error is left in the lab's folder as a sentence."""
    from inkling.training.data.mnist import load_mnist
    from inkling.training.publish import publish

    error = ""
    try:
        publish(open_bundle(lab.models / name), load_mnist())
    except InklingError as failure:
        error = str(failure)
    except Exception as failure:  # the edge of the process
        traceback.print_exc()
        error = f"The report failed ({type(failure).__name__}); {lab.report_log} says more."
    write_json(lab.report, {"model": name, "error": error})
    os.utime(lab.models)  # listeners look at the models again
