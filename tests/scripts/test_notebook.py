"""scripts/notebook.py and notebooks/: every cell runs, and the stored outputs are clean and up to date."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inkling.errors import BadData, NotFound
from inkling.models import registry
from inkling.training.data.mnist import MNIST_FILE, cache_folder
from scripts import notebook
from tests.training.small import LEARN

pytestmark = LEARN

NOTEBOOKS = sorted(notebook.NOTEBOOKS.glob("*.ipynb"))


def write(path: Path, *sources: str) -> Path:
    """A notebook of code cells."""
    from nbformat import v4

    cells = [v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    path.write_text(json.dumps(v4.new_notebook(cells=cells)))
    return path


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a separate process, which isolates the kernel's sockets and warnings."""
    return subprocess.run(
        [sys.executable, "scripts/notebook.py", *arguments],
        cwd=notebook.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs_without_a_warning(path: Path) -> None:
    if not (cache_folder() / MNIST_FILE).is_file():
        assert os.environ.get("CI") != "true", "MNIST is not in the cache: inkling data fetch"
        pytest.skip("MNIST is not in the cache: inkling data fetch")
    before = path.read_bytes()
    done = command("--check", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path.name}\n", "")
    assert path.read_bytes() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_outputs_that_are_kept_are_clean_and_up_to_date(path: Path) -> None:
    import nbformat

    kept = nbformat.read(path, as_version=4)
    assert list(notebook.faults(kept)) == [], "run it again: make notebook"
    said = "".join(output.get("text", "") for cell in kept.cells for output in cell.get("outputs", []))
    accuracy = registry.find("ann").manifest["scores"]["mnist-test"]["accuracy"]
    uses = {
        "from-pixels-to-a-network": f"ann, which comes with inkling: {accuracy:.2%}",
        "reading-a-pile-with-pandas": f"read by cnn {registry.find('cnn').version}",
        "teaching-a-hand": f"read by cnn {registry.find('cnn').version}",
    }
    assert uses[path.stem] in said, "run it again: make notebook"


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "cell 1 ('1 / 0') raised ZeroDivisionError: division by zero"),
        ("import sys; print('careful', file=sys.stderr)", "cell 1 says 'careful'"),
        ("import warnings; warnings.warn('old')", "cell 1 says "),
        ("import sys; print(sys.prefix)", f"cell 1 shows {sys.prefix}"),
        ("print('x' * 700_000)", "more than 600,000"),
    ],
)
def test_a_cell_that_fails_or_says_too_much_is_an_error(tmp_path: Path, source: str, message: str) -> None:
    path = write(tmp_path / "bad.ipynb", "x = 1", source)
    before = path.read_bytes()
    done = command(str(path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("notebook: bad.ipynb")  # ZeroMQ may print messages before
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before


def test_outputs_are_written_and_nothing_of_the_machine(tmp_path: Path) -> None:
    path = write(tmp_path / "good.ipynb", "print(6 * 7)", "[1, 2]")
    done = command(str(path))
    assert done.returncode == 0, done.stderr
    assert "notebook:" not in done.stderr  # ZeroMQ may print messages when the kernel stops
    written = json.loads(path.read_text())
    assert written["cells"][0]["outputs"][0]["text"] == ["42\n"]
    assert written["cells"][1]["outputs"][0]["data"]["text/plain"] == ["[1, 2]"]
    assert written["metadata"]["language_info"] == {"name": "python"}
    assert str(tmp_path) not in path.read_text()
    assert command(str(path)).returncode == 0  # a second run changes nothing
    assert json.loads(path.read_text()) == written


def test_what_is_no_notebook_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        notebook.run(tmp_path / "none.ipynb")
    (tmp_path / "x.ipynb").write_text("{")
    with pytest.raises(BadData, match="is not a notebook"):
        notebook.run(tmp_path / "x.ipynb")
