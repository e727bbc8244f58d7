"""Find a bundle by name or path; the packaged ones lie in `bundles/` beside this file."""

from __future__ import annotations

from pathlib import Path

from inkling.errors import BadBundle, CannotWrite, UnknownName, WrongNetwork
from inkling.models.bundle import IDENTITY_KEYS, Bundle, open_bundle
from inkling.models.network_file import SUFFIX, NetworkFile, open_network_file

PACKAGED = Path(__file__).parent / "bundles"
LINE = "line"  # the line recognizer: it reads no digit alone, so it is not among the classifiers
PREFERRED = ("cnn", "ann", "ann-tutorial")  # the default reader is the first of these that is packaged


def line_recognizer() -> Bundle:
    """The network that reads a line as a whole; every reader uses the same one, beside its classifier."""
    return open_bundle(PACKAGED / LINE, keys=IDENTITY_KEYS)


def packaged() -> dict[str, Bundle]:
    """The classifiers that come with the package, by name."""
    return {name: open_bundle(PACKAGED / name) for name in _names()}


def default_name() -> str:
    """The packaged model that `Reader()` uses."""
    names = _names()
    for name in PREFERRED:
        if name in names:
            return name
    raise BadBundle(f"no bundle is packaged in {PACKAGED}; expected one of {', '.join(PREFERRED)}. Reinstall.")


def find(model: str | Path | None = None) -> Bundle:
    """A classifier's bundle by packaged name, bundle folder, run folder (whose `bundle/` is taken) or .tflite file.

    Raises UnknownName for a name that is not packaged, BadBundle for a folder that is no bundle, and WrongNetwork for
    a line recognizer's.
    """
    found = _find(default_name() if model is None else model, _names())
    if reads_lines(found):
        raise WrongNetwork(
            f"{found.path} holds a line recognizer, which reads no single digit; a classifier was expected. "
            "Name another model."
        )
    return found if isinstance(found, NetworkFile) else open_bundle(found.path)


def reads_lines(bundle: Bundle) -> bool:
    """Whether it holds a line recognizer, not a classifier."""
    return bool(bundle.manifest.get("architecture") == LINE)


def is_packaged(bundle: Bundle) -> bool:
    """Whether it is one of those that come with the package."""
    return bundle.path.resolve().parent == PACKAGED.resolve()


def check_replaceable(folder: Path) -> None:
    """Raises CannotWrite for a folder of the installed package. In a clone of the project a command may replace it."""
    if folder.resolve().is_relative_to(PACKAGED.resolve()) and not (PACKAGED.parents[3] / "pyproject.toml").is_file():
        raise CannotWrite(
            f"{folder} belongs to the installed package, whose files stay as they are; a folder of yours or a clone of "
            "the project was expected. Copy the folder and name the copy."
        )


def find_network(model: str | Path) -> Bundle:
    """As `find`, line recognizers included: what training describes, packages and fine-tunes."""
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
