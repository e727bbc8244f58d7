"""Puts a run's bundle among those that come with the package: python -m inkling.learn.package RUN

A bundle that has not been judged on the test images yet (`inkling train --no-test`) is judged here, once.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from inkling import bundle
from inkling.bundle import Bundle
from inkling.errors import BadBundle, InklingError
from inkling.learn import card, data, scores
from inkling.learn.data import Mnist
from inkling.road.model import Model

FILES = ("model.tflite", "model.keras", "manifest.json")


def package(run: Path, mnist: Mnist, *, into: Path = bundle.PACKAGED) -> Bundle:
    """Copies the bundle of `run` to `into`/NAME in place of the one there, with its scores on the test images."""
    source = bundle.find(run)
    manifest = json.loads(json.dumps(source.manifest))
    if "mnist-test" not in manifest["scores"]:
        probs = Model(source)(data.as_input(mnist.x_test))  # (N, 28, 28) -> (N, 10)
        manifest["scores"]["mnist-test"] = scores.summary(probs, mnist.y_test, temperature=source.temperature)
    folder = into / source.name
    if folder.exists() and folder.samefile(source.path):
        raise BadBundle(f"{source.path} is packaged already; expected a run or another bundle. Name that.")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        ready = Path(scratch) / source.name
        ready.mkdir()
        for name in FILES:
            shutil.copyfile(source.path / name, ready / name)
        (ready / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
        card.write(bundle.open_bundle(ready))
        shutil.rmtree(folder, ignore_errors=True)
        ready.replace(folder)
    return bundle.open_bundle(folder)


def main() -> None:
    """The command."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m inkling.learn.package RUN")
    try:
        packaged = package(Path(sys.argv[1]), data.load())
    except InklingError as error:
        sys.exit(f"package: {error}")
    test = packaged.manifest["scores"]["mnist-test"]
    sys.stdout.write(f"{packaged.path}: version {packaged.version}, {test['accuracy']:.2%} of MNIST's test images\n")


if __name__ == "__main__":
    main()
