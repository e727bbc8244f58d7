"""The --model option for Keras and LiteRT network files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from inkling.errors import BadBundle, NotFound

KERAS = ".keras"


def usable(model: str | None) -> str | None:
    """The value of --model, with a Keras file replaced by its LiteRT conversion, which is kept in the user's cache.

    Warns that a network file has no calibration. Raises NotFound, MissingExtra, or BadBundle if it cannot be used.
    """
    from inkling.models.network_file import SUFFIX, open_network_file

    path = Path(model or "")
    if path.suffix not in (KERAS, SUFFIX):
        return model
    if not path.is_file():
        raise NotFound(f"{path} is not a file; expected a network of Keras or LiteRT. Check --model.")
    from inkling.pipeline.classifier import Classifier

    network = _converted(path) if path.suffix == KERAS else path
    try:
        Classifier(open_network_file(network))
    except BadBundle as error:
        raise BadBundle(str(error).replace(str(network), str(path))) from error
    click.echo(
        f"inkling: {path.name} has no calibration: its confidences are raw, and it reads all ink as digits.",
        err=True,
    )
    return str(network)


def _converted(path: Path) -> Path:
    from inkling.user_dirs import cache_folder

    key = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    converted = cache_folder() / "converted" / key / f"{path.stem}.tflite"
    if not converted.exists():
        from inkling.training.keras_setup import convert_to_litert

        convert_to_litert(path, converted)
    return converted
