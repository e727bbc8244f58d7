"""Report in one sentence if this Python cannot run the project: check_python.py [EXTRA]. The exit status is then 1.

It must run on any Python, so it uses only the syntax of Python 2.7 and 3.0.
"""

# mypy: ignore-errors
import os
import re
import sys

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "pyproject.toml")
TOO_NEW_FOR_TENSORFLOW = (3, 14)  # the first Python for which TensorFlow has no release yet


def complaint(version, extra, project):
    """Why a Python version (major, minor) does not support the base or an extra; "" if it does."""
    lowest, beyond = (
        tuple(int(part) for part in found.split("."))
        for found in re.search(r'requires-python = ">=([0-9.]+),<([0-9.]+)"', project).groups()
    )
    this = "%d.%d" % version
    if not lowest <= version < beyond:
        supported = "%d.%d to %d.%d" % (lowest + (beyond[0], beyond[1] - 1))
        return "this is Python %s; inkling needs Python %s. Choose one: make PYTHON=python%d.%d" % (
            (this, supported) + lowest
        )
    if extra == "learn" and version >= TOO_NEW_FOR_TENSORFLOW:
        return (
            "TensorFlow has no release for Python %s yet, so networks cannot be trained with it; reading and serving "
            "work. To train, create the environment with Python 3.13: make clean, then make PYTHON=python3.13 "
            "install-learn" % this
        )
    return ""


if __name__ == "__main__":
    with open(PROJECT) as file:
        sys.exit(complaint(tuple(sys.version_info[:2]), (sys.argv + [""])[1], file.read()) or None)
