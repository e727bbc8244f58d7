"""Run every cell of the notebooks and write the outputs into them.

    python scripts/notebook.py [--check] [NOTEBOOK ...]

--check runs them and writes nothing. In both cases, a cell that fails, warns or shows a path on this machine is an
error. Without arguments, it runs all notebooks in notebooks/. Needs MNIST: see `inkling data fetch`.
"""

from __future__ import annotations

import argparse
import base64
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from inkling.errors import BadData, InklingError, MissingExtra, NotFound

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
MOST_BYTES = 600_000  # of a notebook with outputs, so that code hosts can display it
TIMEOUT_S = 600  # for one cell


def run(path: Path, *, timeout_s: int = TIMEOUT_S) -> Any:
    """The notebook with the outputs of a fresh kernel in its folder. Raises BadData, which names a failed cell."""
    nbformat, nbclient = _libraries()
    if not path.is_file():
        raise NotFound(f"{path} does not exist; expected a notebook. Check the path.")
    try:
        notebook = nbformat.read(path, as_version=4)
    except (ValueError, AttributeError, nbformat.ValidationError) as error:
        raise BadData(f"{path} is not a notebook ({_line(error)}); expected .ipynb. Check the path.") from error
    client = nbclient.NotebookClient(
        notebook,
        timeout=timeout_s,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],  # of the kernel: hides its startup messages
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        failed = next(i for i, cell in enumerate(notebook.cells) if _has_failed(cell))
        raise BadData(
            f"{path.name}: cell {failed} ({notebook.cells[failed].source.splitlines()[0]!r}) raised "
            f"{error.ename}: {_line(error.evalue)}; every cell was expected to run. Fix the cell."
        ) from error
    return clean(notebook)


def clean(notebook: Any) -> Any:
    """The notebook without data that varies by run or machine: times, versions, kernel names."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            output.pop("metadata", None)
            if output.output_type in ("execute_result", "display_data"):
                output.metadata = {}
                if "image/png" in output.data:  # "<Figure size ...>" is redundant with the picture
                    output.data = {"image/png": smaller(output.data["image/png"])}
    return notebook


def smaller(png: str) -> str:
    """A base64 image, reduced to 128 colors: a third of the bytes, without a visible difference."""
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        few = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode("ascii")


def faults(notebook: Any) -> Iterator[str]:
    """Yield the problems in the outputs: errors, warnings, paths on this machine, too many bytes."""
    nbformat, _ = _libraries()
    private = {str(ROOT), str(Path.home()), "/tmp/", sys.prefix} - {"/"}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and cell.execution_count is None:
            yield f"cell {number} has not been run"
        for output in cell.get("outputs", []):
            text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"cell {number} says {_line(text or output.get('evalue', ''))!r}"
            for path in sorted(private):
                if path in text:
                    yield f"cell {number} shows {path}"
    size = len(nbformat.writes(notebook).encode())
    if size > MOST_BYTES:
        yield f"it has {size:,} bytes, more than {MOST_BYTES:,}"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    parser.add_argument("--check", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    try:
        for path in arguments.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
            notebook = run(path)
            found = list(faults(notebook))
            if found:
                raise BadData(f"{path.name}: {'; '.join(found)}; clean outputs were expected. Fix the cells.")
            if not arguments.check:
                _libraries()[0].write(notebook, path)
            print(path.name)
    except InklingError as error:
        sys.exit(f"notebook: {error}")


def _libraries() -> tuple[Any, Any]:
    try:
        import nbclient
        import nbformat
    except ImportError as error:
        raise MissingExtra("running a notebook", "notebook") from error
    return nbformat, nbclient


def _has_failed(cell: Any) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _line(error: object) -> str:
    return (str(error).strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    main()
