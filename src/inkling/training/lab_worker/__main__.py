"""The processes that the web app starts.

    python -m inkling.training.lab_worker train LAB       run or resume the training in the lab's folder
    python -m inkling.training.lab_worker samples         augmented digits: JSON lines in, JSON lines out
    python -m inkling.training.lab_worker report LAB NAME make the report of a kept model
    python -m inkling.training.lab_worker score BUNDLE    scores on MNIST's 10,000 test images, as JSON

They run at low priority.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from inkling.errors import InklingError

NICE = 15


def main(arguments: list[str]) -> None:
    """Run one of the four commands. On an error, exits with a message on standard error."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        match arguments:
            case ["train", folder]:
                from inkling.lab_protocol.lab_folder import LabFolder
                from inkling.training.lab_worker.training_process import train_in

                train_in(LabFolder(Path(folder)))
                sys.stdout.flush()
                os._exit(0)  # everything is on disk; TensorFlow's shutdown can take seconds while it holds the lock
            case ["report", folder, name]:
                from inkling.lab_protocol.lab_folder import LabFolder
                from inkling.training.lab_worker.report_process import make_report

                make_report(LabFolder(Path(folder)), name)
            case ["samples"]:
                from inkling.training.lab_worker.samples import serve

                serve(sys.stdin, sys.stdout)
            case ["score", folder]:
                from inkling.models.bundle import open_bundle
                from inkling.training.data.mnist import load_mnist
                from inkling.training.package import test_scores

                scores = test_scores(open_bundle(Path(folder)), load_mnist())
                sys.stdout.write(json.dumps(scores) + "\n")
            case _:
                sys.exit(
                    "usage: python -m inkling.training.lab_worker train LAB | report LAB NAME | samples | score BUNDLE"
                )
    except InklingError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
