"""inkling read: read pictures, documents and folders."""

from __future__ import annotations

import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from inkling.cli.printed_table import STDOUT, PrintedTable, check_printed
from inkling.cli.progress_bar import reading_bar
from inkling.cli.read_archive import check_options, read_archive
from inkling.cli.read_pages import read_in_order, read_one
from inkling.cli.read_text import print_result, summary
from inkling.cli.read_work import expand, tell_skipped
from inkling.errors import NotFound

if TYPE_CHECKING:
    from inkling.batch.csv_table import ResultJson
    from inkling.batch.job import Format
    from inkling.batch.review_card import OpenImage
    from inkling.constraints.constraints import Constraints
    from inkling.pipeline.reader import Mode, Reader

FORMATS = ("parquet", "csv", "jsonl")  # the same as `batch.job.FORMATS`, which is slow to import
MIN_FOR_BAR = 20  # images; fewer are read too quickly for a progress bar, and need no summary


class Output(Protocol):
    """An output file that receives the results one by one."""

    def add(self, result: ResultJson, open_image: OpenImage | None = None) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


@click.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.option(
    "--csv", "csv_path", type=click.Path(dir_okay=False), metavar="FILE", help="Also write a CSV table; - prints it."
)
@click.option(
    "--review",
    "review_path",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Also write a page for checking and correcting the doubtful readings.",
)
@click.option(
    "--explain",
    "explain_dir",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Also write a page for each picture that explains the reading.",
)
@click.option("--cells", is_flag=True, help="Read each cell of combs, grids and tables separately.")
@click.option("--single", is_flag=True, help="Treat all ink of a picture as one digit.")
@click.option("--length", metavar="N|N-M", help="Number of digits of each number.")
@click.option("--pattern", metavar="REGEX", help="A regular expression that each number matches; may contain signs.")
@click.option("--check", metavar="NAME", help="A checksum that each number passes: luhn, verhoeff, damm, ean, ...")
@click.option(
    "--among",
    metavar="FILE[:COLUMN]",
    help="All possible numbers: one per line, or a column of a table, whose other columns are added to the rows.",
)
@click.option("--sure", metavar="P", help="Minimum probability for a number to count as read, for example 0.99.")
@click.option("--out", metavar="DIR|URL", help="Read an archive: PATHs may be buckets, shards, listings; see docs.")
@click.option("--resume", is_flag=True, help="Continue the run in --out; read only missing or new pictures.")
@click.option("--format", type=click.Choice(FORMATS), help="Format of the parts in --out.  [default: parquet]")
@click.option("--limit", type=int, metavar="N", help="Read at most N pictures.")
@click.option("--sample", type=float, metavar="SHARE", help="Read a random share of the pictures, for example 0.01.")
@click.option("--cluster", metavar="auto|ADDRESS", help="Read on a Ray cluster.  [default: on this machine]")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes on this machine.  [default: its cores]")
@click.option("--metrics", metavar="PORT|FILE", help="Publish Prometheus metrics on a port (9400) or in a .prom file.")
@click.option("--model", metavar="NAME|PATH", help="A packaged model, a bundle, a run, or a .tflite or .keras file.")
@click.option("--hand", metavar="NAME", help="Read single digits in this writer's handwriting; see inkling teach.")
def command(
    *,
    paths: tuple[str, ...],
    as_json: bool,
    csv_path: str | None,
    review_path: str | None,
    explain_dir: str | None,
    cells: bool,
    single: bool,
    length: str | None,
    pattern: str | None,
    check: str | None,
    among: str | None,
    sure: str | None,
    out: str | None,
    resume: bool,
    format: Format | None,
    limit: int | None,
    sample: float | None,
    cluster: str | None,
    workers: int | None,
    metrics: str | None,
    model: str | None,
    hand: str | None,
) -> None:
    """Read the digits in pictures, PDFs, TIFFs and folders of them; - is standard input.

    Documents are read page by page. Pictures that cannot be opened, and files of other types in a folder, are reported;
    the others are still read, and the exit status is 1. --length, --pattern, --check and --among constrain the numbers:
    the result is the most probable text that satisfies all of them.

    \b
    Examples:
      inkling read photo.jpg --explain why
      inkling read scans/ --csv scans.csv --review doubtful.html
      inkling read sudoku.jpg --cells --csv cells.csv
      inkling read forms/ --length 8 --check luhn --json
      inkling read s3://bucket/forms --out readings --resume
    """
    from inkling.cli.model_option import usable

    check_options(click.get_current_context().params, out=out)
    given = {"length": length, "pattern": pattern, "check": check, "among": among, "sure": sure}
    stated = {name: value for name, value in given.items() if value is not None}
    mode: Mode = "single" if single else "auto"
    model = usable(model)
    if out:
        from inkling.batch.run import RunOptions

        options = RunOptions(
            paths,
            out,
            model=model,
            format=format or "parquet",
            mode=mode,
            constraints=stated,
            resume=resume,
            limit=limit,
            sample=1.0 if sample is None else sample,
            review=review_path,
        )
        read_archive(options, cluster=cluster, workers=workers, metrics=metrics)
        return
    from inkling.constraints.constraints import parse_constraints

    constraints = parse_constraints(**stated)
    reader, read_by_hand = _open_reader(model, constraints.sure_at, hand)
    own = (csv_path, review_path, among, among and among.rpartition(":")[0])
    work = expand(paths, own={Path(path).resolve() for path in own if path})
    outputs = _open_outputs(csv_path, review_path, reader, constraints, as_json=as_json, cells=cells)
    if explain_dir:
        from inkling.cli.explain import Pages

        outputs.append(Pages(reader, Path(explain_dir), mode=mode))
    many = len(work.sources) >= MIN_FOR_BAR
    visible = (many or work.has_documents) and sys.stderr.isatty()
    quiet = csv_path == STDOUT or (many and visible and sys.stdout.isatty() and bool(outputs) and not as_json)
    outcomes: Counter[str] = Counter()
    start = time.perf_counter()
    read = partial(read_one, reader, mode=mode, constraints=constraints, cells=cells, hand=read_by_hand)
    try:
        with reading_bar(outcomes, visible=visible) as update:
            for result, open_image in read_in_order(read, work):
                if not (quiet and result["ok"]):
                    print_result(result, as_json=as_json)
                for output in outputs:
                    output.add(result, open_image)
                outcomes[result["outcome"] if result["ok"] else "failed"] += (
                    1  # last, so that after Ctrl-C only written results are counted
                )
                update(work.planned)
        for output in outputs:
            output.finish()
    except KeyboardInterrupt:
        done = f"{outcomes.total():,} of {work.planned:,} pictures"
        left = f" They are in {csv_path}.part." if csv_path else ""
        click.echo(f"inkling: stopped after {done}.{left}", err=True)
        sys.exit(130)
    finally:
        for output in outputs:
            output.close()
    files = [path for path in (csv_path, review_path) if path and path != STDOUT]
    if outcomes.total() >= MIN_FOR_BAR:
        click.echo(summary(outcomes, time.perf_counter() - start, files), err=True)
    tell_skipped(work.skipped)
    if outcomes["failed"] or work.skipped:
        sys.exit(1)


def _open_reader(model: str | None, sure_at: float | None, hand: str | None) -> tuple[Reader, ResultJson]:
    """The reader for a model (with a hand's active version, if one is named), and the `hand` entry of its results."""
    from inkling.pipeline.reader import Reader

    reader = Reader(model, sure_at=sure_at)
    if hand is None:
        return reader, {}
    from inkling.hands.hand_reader import with_hand
    from inkling.hands.store import Store

    with Store() as store:
        reader, version = with_hand(reader, hand, store)
    return reader, {"hand": {"name": hand, "version": version}}


def _open_outputs(
    csv_path: str | None,
    review_path: str | None,
    reader: Reader,
    constraints: Constraints,
    *,
    as_json: bool,
    cells: bool,
) -> list[Output]:
    """The files to write. Raises NotFound if one cannot be written, and BadRequest."""
    check_printed(csv_path, as_json=as_json)
    if csv_path and review_path and Path(csv_path).resolve() == Path(review_path).resolve():
        raise NotFound(f"--csv and --review both name {csv_path}; expected two files. Choose another for one of them.")
    outputs: list[Output] = []
    if csv_path:
        from inkling.batch.cell_table import CellTable
        from inkling.batch.csv_table import Table

        joined = constraints.roster.columns if constraints.roster else ()
        open_table = CellTable if cells else partial(Table, joined=joined)
        outputs.append(PrintedTable(open_table) if csv_path == STDOUT else open_table(Path(csv_path)))
    if review_path:
        from inkling.batch.review import ReviewPage, about

        read_by = about(reader.bundle.name, reader.bundle.version, constraints)
        outputs.append(ReviewPage(Path(review_path), about=read_by, constraints=constraints))
    return outputs
