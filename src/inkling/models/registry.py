"""Find a bundle by name or path. The packaged bundles are in `bundles/` next to this file."""

from __future__ import annotations

from pathlib import Path

from inkling.errors import BadBundle, CannotWrite, UnknownName, WrongNetwork
from inkling.models.bundle import IDENTITY_KEYS, Bundle, open_bundle
from inkling.models.network_file import SUFFIX, NetworkFile, open_network_file

PACKAGED = Path(__file__).parent / "bundles"
LINE = "line"  # the line recognizer, which is not a classifier of individual digits
PREFERRED = ("cnn", "ann", "ann-tutorial")  # the first of these that is packaged is the default


def line_recognizer() -> Bundle:
    """The network that reads a line as a whole. Readers use it in addition to their classifiers."""
    return open_bundle(PACKAGED / LINE, keys=IDENTITY_KEYS)


def packaged() -> dict[str, Bundle]:
    """The packaged classifiers, by name."""
    return {name: open_bundle(PACKAGED / name) for name in _names()}


def default_name() -> str:
    """The packaged model that `Reader()` uses."""
    names = _names()
    for name in PREFERRED:
        if name in names:
            return name
    raise BadBundle(f"no bundle is packaged in {PACKAGED}; expected one of {', '.join(PREFERRED)}. Reinstall.")


def find(model: str | Path | None = None) -> Bundle:
    """Open a classifier's bundle by packaged name, bundle folder, run folder (with `bundle/` in it) or .tflite file.

    Raises UnknownName for a name that is not packaged, BadBundle for a folder that is not a bundle, and WrongNetwork
    for a line recognizer.
    """
    found = _find(default_name() if model is None else model, _names())
    if reads_lines(found):
        raise WrongNetwork(
            f"{found.path} holds a line recognizer, which cannot read single digits; expected a classifier. "
            "Choose another model."
        )
    return found if isinstance(found, NetworkFile) else open_bundle(found.path)


def reads_lines(bundle: Bundle) -> bool:
    """Whether a bundle's network is a line recognizer, not a classifier."""
    return bool(bundle.manifest.get("architecture") == LINE)


def is_packaged(bundle: Bundle) -> bool:
    """Whether a bundle is packaged."""
    return bundle.path.resolve().parent == PACKAGED.resolve()


def check_replaceable(folder: Path) -> None:
    """Raise CannotWrite for a folder of the installed package. In a clone of the project, commands may replace it."""
    if folder.resolve().is_relative_to(PACKAGED.resolve()) and not (PACKAGED.parents[3] / "pyproject.toml").is_file():
        raise CannotWrite(
            f"{folder} belongs to the installed package, whose files must not change; expected your own folder, or one "
            "in a clone of the project. Copy the folder and name the copy."
        )


def find_network(model: str | Path) -> Bundle:
    """Like `find`, but also finds line recognizers, for training, packaging and fine-tuning."""
    return _find(model, [*_names(), LINE])


def _find(model: str | Path, names: list[str]) -> Bundle:
    text = str(model)
    if text in (*names, LINE):
        return open_bundle(PACKAGED / text, keys=IDENTITY_KEYS)
    path = Path(text)
    if path.is_dir():
        inner = path / "bundle"
        return open_bundle(inner if inner.is_dir() else path, keys=IDENTITY_KEYS)
    if path.suffix == SUFFIX and path.is_file():
        return open_network_file(path)
    if isinstance(model, Path) or "/" in text or "\\" in text:
        raise BadBundle(
            f"{text} is not a folder; expected a bundle or run folder, a .tflite file, or one of: "
            f"{', '.join(sorted(names))}."
        )
    raise UnknownName("model", text, names)


def _names() -> list[str]:
    return sorted(path.parent.name for path in PACKAGED.glob("*/manifest.json") if path.parent.name != LINE)
