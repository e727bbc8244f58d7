"""A bundle: the folder in which a trained network travels.

    model.tflite     the network as it runs
    model.keras      the same network, for fine-tuning and inspection (only `learn` opens it)
    manifest.json    facts learned, written by export and never edited by hand
    README.md        its card                              (these three are for people,
    history.csv      how training went, a line an epoch     and a network runs without them)
    report/          what the pages show, written by inkling.learn.publish

`find` turns a name or a path into a `Bundle`; the packaged ones lie in `inkling/bundles/`. In `inkling/sequence/` lies
the network that helps them all with digits that touch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle, UnknownName

PACKAGED = Path(__file__).parent / "bundles"
SEQUENCE = Path(__file__).parent / "sequence"
PREFERRED = ("cnn", "ann", "ann-tutorial")  # the default reader is the first of these that is packaged
READER_KEYS = ("name", "version", "temperature", "sure_at")  # of a manifest, which every reader needs


@dataclass(frozen=True)
class Bundle:
    """One trained network and what is known about it.

    `manifest` holds: name, version (first 12 hex digits of the model's SHA-256), architecture, parameters,
    layers, input (shape, dtype, range), temperature (calibration), sure_at (confidence from which a digit
    counts as sure, 0..1), reject_at (probability of being no digit from which a glyph is refused; 1 = never),
    scores (by data set), recipe, data (checksums), libraries (versions).
    """

    path: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    @property
    def temperature(self) -> float:
        return float(self.manifest["temperature"])

    @property
    def sure_at(self) -> float:
        return float(self.manifest["sure_at"])

    @property
    def reject_at(self) -> float:
        return float(self.manifest.get("reject_at", 1.0))

    @property
    def model_path(self) -> Path:
        return self.path / "model.tflite"

    def model_bytes(self) -> bytes:
        """The flatbuffer, checked against the manifest. Raises BadBundle when it does not match."""
        try:
            content = self.model_path.read_bytes()
        except OSError as error:
            raise BadBundle(
                f"{self.model_path} cannot be read ({error.strerror}); a bundle holds model.tflite and "
                "manifest.json. Export the run again."
            ) from error
        version = version_of(content)
        if version != self.version:
            raise BadBundle(
                f"{self.model_path} has version {version}, but its manifest says {self.version}; the file is "
                "damaged or was replaced. Export the run again."
            )
        return content


def version_of(model: bytes) -> str:
    """First 12 hex digits of the model's SHA-256."""
    return hashlib.sha256(model).hexdigest()[:12]


def open_bundle(path: Path, *, keys: Sequence[str] = READER_KEYS) -> Bundle:
    """Reads the manifest of a bundle folder. Raises BadBundle when it is not one or lacks one of the `keys`."""
    manifest_path = path / "manifest.json"
    try:
        manifest = json.loads(manifest_path.read_text("utf-8"))
        bundle = Bundle(path, manifest)
        _ = [getattr(bundle, key) for key in keys]
    except OSError as error:
        raise BadBundle(
            f"{path} has no readable manifest.json ({error.strerror}); a bundle holds model.tflite and "
            "manifest.json. Name a bundle folder, a run folder or a packaged model."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadBundle(
            f"{manifest_path} is damaged ({error!r}); a manifest is JSON written by export. Export the run again."
        ) from error
    return bundle


def sequence() -> Bundle:
    """The network that reads digits which touch as a whole: it reads nothing alone, and every reader takes the same."""
    return open_bundle(SEQUENCE, keys=("name", "version"))


def packaged() -> dict[str, Bundle]:
    """The bundles that come with the package, by name."""
    return {path.parent.name: open_bundle(path.parent) for path in sorted(PACKAGED.glob("*/manifest.json"))}


def default_name() -> str:
    """The packaged model that `Reader()` uses."""
    names = {path.parent.name for path in PACKAGED.glob("*/manifest.json")}
    for name in PREFERRED:
        if name in names:
            return name
    raise BadBundle(f"no bundle is packaged in {PACKAGED}; expected one of {', '.join(PREFERRED)}. Reinstall.")


def find(model: str | Path | None = None) -> Bundle:
    """A bundle by packaged name, by bundle folder or by run folder (whose `bundle/` is taken).

    Raises UnknownName for a name that is not packaged and BadBundle for a folder that is no bundle.
    """
    if model is None:
        return open_bundle(PACKAGED / default_name())
    text = str(model)
    names = {path.parent.name for path in PACKAGED.glob("*/manifest.json")}
    if text in names:
        return open_bundle(PACKAGED / text)
    path = Path(text)
    if path.is_dir():
        inner = path / "bundle"
        return open_bundle(inner if inner.is_dir() else path)
    if isinstance(model, Path) or "/" in text or "\\" in text:
        raise BadBundle(
            f"{text} is not a folder; expected a bundle or run folder, or one of: {', '.join(sorted(names))}."
        )
    raise UnknownName("model", text, names)
