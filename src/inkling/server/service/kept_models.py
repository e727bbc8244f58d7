"""The models kept in the lab: the bundles in its folder, which all workers share."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length, Range

from inkling.errors import BadBundle, UnknownName
from inkling.models.bundle import Bundle, open_bundle

FILES = ("model.tflite", "model.keras", "manifest.json")
MAX_BYTES = {"model.tflite": 50_000_000, "manifest.json": 1_000_000}  # 20 times the sizes for the largest recipe
MTIME_RESOLUTION_S = 0.1  # within this time a folder may change again without a new modification time


def _share() -> fields.Float:
    return fields.Float(validate=Range(0, 1))


class _ScoreSchema(Schema):
    accuracy = _share()
    accuracy_95 = fields.List(_share(), validate=Length(equal=2))


class _LayerSchema(Schema):
    name = fields.String()
    type = fields.String()
    parameters = fields.Integer(validate=Range(0))


class _RecipeSchema(Schema):
    about = fields.String()


class _ManifestSchema(Schema):
    """The parts of a manifest that pages and API use, validated so that a damaged model cannot break a page of all."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    architecture = fields.String()
    parameters = fields.Integer(validate=Range(0))
    layers = fields.List(fields.Nested(_LayerSchema(unknown=INCLUDE)))
    temperature = fields.Float(required=True, validate=Range(0, min_inclusive=False))
    sure_at = fields.Float(required=True, validate=Range(0, 1))
    reject_at = _share()
    scores = fields.Dict(fields.String(), fields.Nested(_ScoreSchema(unknown=INCLUDE)))
    recipe = fields.Nested(_RecipeSchema(unknown=INCLUDE))
    created = fields.String()
    test_looks = fields.Integer(validate=Range(0), allow_none=True)


class KeptModels:
    """Kept models by name, read again only when the folder's modification time changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read_ns = -1
        self._bundles: dict[str, Bundle] = {}

    def bundles(self) -> dict[str, Bundle]:
        """The current models. A folder that is not a valid bundle is skipped and logged."""
        changed_ns = self.changed_ns()
        if changed_ns == self._read_ns:
            return self._bundles
        found = {}
        for path in sorted(self.folder.glob("*/manifest.json")):
            if path.parent.name.startswith("."):
                continue  # being written or deleted
            try:
                found[path.parent.name] = open_kept(path.parent)
            except BadBundle as error:
                logging.getLogger(__name__).warning("%s", error)
        settled = time.time_ns() - changed_ns > MTIME_RESOLUTION_S * 1e9
        self._bundles, self._read_ns = found, changed_ns if settled else -1
        return found

    def changed_ns(self) -> int:
        """When a model was last kept or deleted, in nanoseconds since the epoch; 0 without a folder."""
        try:
            return self.folder.stat().st_mtime_ns
        except OSError:
            return 0

    def prepare(self, source: Bundle, name: str) -> Bundle:
        """A validated copy of a bundle under another name, not published yet. Raises OSError and BadBundle."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{name}.{secrets.token_hex(4)}.part"
        part.mkdir()
        try:
            for file in FILES:
                shutil.copyfile(source.path / file, part / file)
            recipe = {**source.manifest["recipe"], "name": name}
            write_manifest(part, {**source.manifest, "name": name, "recipe": recipe})
            bundle = open_bundle(part)
            bundle.model_bytes()
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        return bundle

    def publish(self, prepared: Bundle) -> Bundle:
        """Add a prepared bundle to the models. Raises OSError if the name is taken."""
        final = self.folder / prepared.name
        os.rename(prepared.path, final)  # fails if the target is a non-empty folder
        return open_kept(final)

    def delete(self, name: str) -> None:
        """Remove a model atomically, then delete its files. Raises UnknownName if it does not exist."""
        if name not in self.bundles():  # this also ensures that the name is a plain folder name
            raise UnknownName("kept model", name, self.bundles())
        gone = self.folder / f".{name}.{secrets.token_hex(4)}.gone"
        try:
            os.rename(self.folder / name, gone)
        except FileNotFoundError:
            raise UnknownName("kept model", name, self.bundles()) from None
        shutil.rmtree(gone, ignore_errors=True)


def open_kept(folder: Path) -> Bundle:
    """A kept model's bundle, after checks of its manifest and its network's checksum. Raises BadBundle."""
    for file, limit in MAX_BYTES.items():
        path = folder / file
        if path.is_file() and path.stat().st_size > limit:
            raise BadBundle(
                f"{path} has {path.stat().st_size / 1e6:.1f} MB; the limit is {limit / 1e6:.0f} MB. Delete the folder."
            )
    bundle = open_bundle(folder)
    try:
        manifest: dict[str, Any] = _ManifestSchema(unknown=INCLUDE).load(bundle.manifest)
        if manifest["name"] != folder.name:
            raise ValidationError(f"its name is {manifest['name']!r}")
        for score in manifest.get("scores", {}).values():
            if "accuracy_95" in score and "accuracy" not in score:
                raise ValidationError("an interval without an accuracy")
    except ValidationError as error:
        raise BadBundle(
            f"{folder / 'manifest.json'} is damaged ({error}); expected a manifest as export writes it. Delete the "
            "folder."
        ) from error
    bundle = Bundle(folder, manifest)
    bundle.model_bytes()
    return bundle


def write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    """Write the manifest in the format of export."""
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
