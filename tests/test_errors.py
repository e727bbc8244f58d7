import inspect
import subprocess
import sys

import pytest

import inkling
from inkling import errors

KINDS = [value for _, value in inspect.getmembers(errors, inspect.isclass) if issubclass(value, errors.InklingError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_drawn_in_the_tree_and_has_a_status(kind: type[errors.InklingError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.status in {400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cn", "unknown model 'cn'; choose from: ann, cnn. Did you mean 'cnn'?"),
        ("zebra", "unknown model 'zebra'; choose from: ann, cnn."),
    ],
)
def test_a_wrong_name_is_helped(name: str, says: str) -> None:
    assert str(errors.UnknownName("model", name, ["cnn", "ann"])) == says


def test_public_names_are_what_they_say() -> None:
    names = {"Bundle", "Classifier", "Digit", "FilledField", "FilledForm", "Form", "InklingError", "Reader", "Reading"}
    names |= {"Table", "TableCell", "__version__"}
    assert names == set(inkling.__all__)
    for name in inkling.__all__:
        assert getattr(inkling, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Writer'"):
        _ = inkling.Writer


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, inkling; sys.exit(bool({'numpy', 'cv2', 'PIL', 'ai_edge_litert'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
