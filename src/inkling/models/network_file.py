"""A network in a file of its own, as a tutorial leaves it: model.tflite without a bundle."""

from __future__ import annotations

from pathlib import Path

from inkling.errors import BadBundle
from inkling.models.bundle import Bundle, version_of

SUFFIX = ".tflite"
SURE_AT = 0.95  # probability from which a digit is sure: nothing was fitted for such a network


class NetworkFile(Bundle):
    """A network of which nothing is known: its confidences are not calibrated, and it refuses nothing."""

    @property
    def model_path(self) -> Path:
        return self.path


def open_network_file(path: Path) -> NetworkFile:
    """Raises BadBundle if it cannot be read."""
    try:
        version = version_of(path.read_bytes())
    except OSError as error:
        raise BadBundle(f"{path} cannot be read ({error.strerror}); expected a LiteRT file. Check the path.") from error
    return NetworkFile(path, {"name": path.stem, "version": version, "temperature": 1.0, "sure_at": SURE_AT})
