"""A network in a single .tflite file, such as a tutorial saves, without a bundle."""

from __future__ import annotations

from pathlib import Path

from inkling.errors import BadBundle
from inkling.models.bundle import Bundle, version_of

SUFFIX = ".tflite"
SURE_AT = 0.95  # probability at or above which a digit is sure; no value was fitted for the network


class NetworkFile(Bundle):
    """A network without metadata: its confidences are not calibrated, and it rejects nothing."""

    @property
    def model_path(self) -> Path:
        return self.path


def open_network_file(path: Path) -> NetworkFile:
    """Open a .tflite file. Raises BadBundle if it cannot be read."""
    try:
        version = version_of(path.read_bytes())
    except OSError as error:
        raise BadBundle(f"{path} cannot be read ({error.strerror}); expected a LiteRT file. Check the path.") from error
    return NetworkFile(path, {"name": path.stem, "version": version, "temperature": 1.0, "sure_at": SURE_AT})
