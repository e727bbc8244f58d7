"""training.other_formats: each format, run in its own runtime, gives the same outputs as the bundle."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling.cli import export as cli_export
from inkling.errors import BadBundle, InklingError
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import other_formats
from tests.training.small import LEARN

pytestmark = LEARN


def test_the_command_offers_every_format() -> None:
    assert set(cli_export.FORMATS) == set(other_formats.FORMATS)


@pytest.mark.parametrize("name", sorted(other_formats.FORMATS))
@pytest.mark.parametrize("model", ["ann", "line"])
def test_a_network_in_another_format_gives_the_same_probabilities(model: str, name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli_export.command, [model, "--to", name, str(tmp_path)], catch_exceptions=False)
    path = tmp_path / f"{model}{other_formats.FORMATS[name][0]}"
    assert list(tmp_path.iterdir()) == [path]
    assert f"{path}: " in result.output
    assert f"on {'100 synthetic lines' if model == 'line' else '1,000 synthetic digits'}" in result.output
    probs = other_formats.FORMATS[name][2](path)(np.zeros((3, 32, 96) if model == "line" else (3, 28, 28), np.float32))
    assert probs.shape == ((3, 24, 22) if model == "line" else (3, 10))
    np.testing.assert_allclose(probs.sum(-1), 1, atol=1e-4)
    with pytest.raises(InklingError, match="already exists"):
        other_formats.export_as(name, registry.find_network(model), tmp_path)


def test_a_network_that_differs_is_not_written(tmp_path: Path) -> None:
    """A bundle whose Keras file is another network than its LiteRT file."""
    shutil.copytree(registry.find("ann").path, tmp_path / "odd")
    shutil.copyfile(registry.find("ann-tutorial").path / "model.keras", tmp_path / "odd" / "model.keras")
    odd = Bundle(tmp_path / "odd", registry.find("ann").manifest)
    with pytest.raises(BadBundle, match=r"differ by 0\.\d+; expected at most 0.0001"):
        other_formats.export_as("keras", odd, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(InklingError, match=r"file cannot be written"):
        other_formats.export_as("tflite", registry.find("ann"), tmp_path / "file")
