"""Measure sheets of the two example forms, filled in with MNIST digits: flat, scanned and photographed.

    python -m benchmarks.accuracy.forms [--n 60] [--split test] [--list] [--pages 100]
    python -m benchmarks.accuracy.forms --table     # only the tables, from forms.json

For each kind of capture: student numbers read exactly, without and with a list of 500 numbers; marks read exactly;
fields wrongly called empty; sure fields that are wrong. Then it reads sheets of the other form, and measures the time
and memory of `inkling form read` for a PDF of scanned pages. If everything is measured on the test split, it writes
forms.json, and from that file the tables in docs/forms.md.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import click
import cv2
import numpy as np
from PIL import Image

from benchmarks import markdown
from benchmarks.common import (
    ROOT,
    Digits,
    Numbers,
    mnist_digits,
    model_option,
    name_and_version,
    out_option,
    read_json,
    split_option,
    write_json,
)
from benchmarks.rendering.form_sheets import CAPTURES, SEED, FilledSheet, filled_sheets
from benchmarks.rendering.written_numbers import random_number
from inkling import Reader
from inkling.forms.examples import example
from inkling.forms.filled import FilledForm
from inkling.forms.form import Form

OUT = Path(__file__).with_suffix(".json")
PAGE = ROOT / "docs" / "forms.md"
NUMBER, MARKS = "student_number", tuple(f"mark_{i + 1}" for i in range(9))
LISTED = 500  # numbers in the list
TALLIES = 3  # exam sheets per tally sheet
PDF_SHEETS = 20  # different sheets, repeated to fill the PDF


def measure(form: Form, sheets: list[FilledSheet], *, show: bool, what: str) -> tuple[Numbers, list[FilledForm]]:
    """The results of reading sheets with a form."""
    statuses, read, start_s = Counter[str](), [], time.process_time()
    for sheet in sheets:
        read.append(form.read(sheet.picture))
        statuses[read[-1].status] += 1
    took_s = time.process_time() - start_s
    pairs = [
        (i, field, sheet.values[field.name])
        for i, (sheet, answer) in enumerate(zip(sheets, read, strict=True))
        for field in answer.fields
    ]
    sure = [(field, value) for _, field, value in pairs if field.outcome in ("read", "empty")]
    if show:
        for i, field, value in pairs:
            if field.text != value:
                click.echo(
                    f"{what} {i} {field.name}: {value!r} is {field.text!r}, {field.outcome}, {field.confidence:.3f}"
                )
    n_fields = len(sheets) * len(form.template.fields)
    numbers: Numbers = {
        "sheets": len(sheets),
        "statuses": dict(statuses),
        "fields": n_fields,
        "fields_right": sum(field.text == value for _, field, value in pairs) / n_fields,
        "sure": len(sure) / n_fields,
        "sure_and_wrong": sum(field.text != value for field, value in sure) / n_fields,
        "called_empty": sum(field.outcome == "empty" and value != "" for _, field, value in pairs),
        "cpu_ms": round(1000 * took_s / len(sheets)),
    }
    return numbers, read


def share_right(sheets: list[FilledSheet], read: list[FilledForm], names: tuple[str, ...]) -> float:
    """The rate at which the named fields are read correctly."""
    right = sum(answer.values.get(name) == sheet.values[name] for sheet, answer in zip(sheets, read, strict=True)
                for name in names)  # fmt: skip
    return right / (len(sheets) * len(names))


def listed_numbers(sheets: list[FilledSheet], folder: Path) -> Path:
    """A file that lists the numbers on the sheets and other numbers."""
    rng = np.random.default_rng(SEED)
    numbers = {sheet.values[NUMBER] for sheet in sheets}
    while len(numbers) < LISTED:
        numbers.add(random_number(rng, 8))
    path = folder / "numbers.csv"
    path.write_text("\n".join(sorted(numbers)), "utf-8")
    return path


def measure_pdf(digits: Digits, pages: int) -> Numbers:
    """Measure `inkling form read` on PDFs of scanned pages: CPU time, elapsed time and memory, by number of pages."""
    sheets = list(filled_sheets(example("exam"), "scanned", digits, min(PDF_SHEETS, pages)))
    images = [Image.open(io.BytesIO(sheet.picture)) for sheet in sheets]
    found: Numbers = {"pages": pages}
    with tempfile.TemporaryDirectory() as folder:
        for n in sorted({max(pages // 5, 1), pages}):
            path = Path(folder) / f"{n}.pdf"
            chosen = [images[i % len(images)] for i in range(n)]
            chosen[0].save(path, save_all=True, append_images=chosen[1:], resolution=200)
            command = [sys.executable, "-m", "inkling", "form", "read", "exam", str(path), "--csv", f"{folder}/{n}.csv"]
            before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            # The exit status reports repeated pages, so it is not checked.
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found[f"{n}_pages"] = {
                "rows": len(Path(folder, f"{n}.csv").read_text("utf-8").splitlines()) - 1,
                "cpu_s": round(cpu_s, 1),
                "clock_s": round(time.perf_counter() - start_s, 1),
                "most_mb": round(after.ru_maxrss / 1000),
            }
    return found


def tables(numbers: Numbers) -> str:
    """A table for each form, by kind of capture; then one for a PDF of scanned pages."""
    exam, tally, pdf = (numbers[key] for key in ("exam", "tally", "pdf"))
    name = numbers["model"]["name"]
    sheets = next(iter(exam.values()))["sheets"]
    shares = {
        "student number of 8 digits, exact": "number",
        f"the same, with a list of {LISTED} numbers": "number_of_list",
        "marks, exact": "marks",
        "fields, exact": "fields_right",
        "fields that are sure": "sure",
    }
    rows = [[label, *(markdown.rate(each[key]) for each in exam.values())] for label, key in shares.items()]
    rows += _faults(exam)
    head = [f"`{name}`, {sheets} sheets of `exam`", *exam]
    parts = [markdown.table(head, rows)]
    sheets = next(iter(tally.values()))["sheets"]
    rows = [["fields, exact", *(markdown.rate(each["fields_right"]) for each in tally.values())], *_faults(tally)]
    told = [each["as_exam"].get("other_form", 0) for each in tally.values()]
    tried = [sum(each["as_exam"].values()) for each in tally.values()]
    rows.append(
        ["read as `exam`: reported as another form", *(f"{n} of {of}" for n, of in zip(told, tried, strict=True))]
    )
    parts.append(markdown.table([f"{sheets} sheets of `tally`", *tally], rows))
    of_pdf = {each.removesuffix("_pages"): pdf[each] for each in pdf if each.endswith("_pages")}
    rows = [[n, f"{each['cpu_s']:.0f} s", f"{each['clock_s']:.0f} s", f"{each['most_mb']:,} MB"]
            for n, each in of_pdf.items()]  # fmt: skip
    parts.append(markdown.table(["pages of a scanned PDF", "CPU time", "elapsed time", "peak memory"], rows))
    return "\n\n".join(parts)


def _faults(found: Numbers) -> list[list[str]]:
    """The rows with errors and the time per sheet."""
    return [
        ["fields that are sure and wrong", *(f"{each['sure_and_wrong']:.2%}" for each in found.values())],
        ["fields wrongly called empty", *(str(each["called_empty"]) for each in found.values())],
        ["CPU time per sheet", *(f"{each['cpu_ms']} ms" for each in found.values())],
    ]


def write_table(path: Path) -> None:
    """Write the tables from a JSON file into docs/forms.md."""
    markdown.write_blocks(PAGE, {"forms": tables(dict(read_json(path)))})


@click.command()
@click.option("--table", "only_table", is_flag=True, help="Only write the table of docs/forms.md from forms.json.")
@click.option("--n", default=60, show_default=True, help="Exam sheets for each kind of capture.")
@click.option("--pages", default=100, show_default=True, help="Pages of the PDF; 0 to skip it.")
@click.option("--list", "show", is_flag=True, help="Print every wrong field.")
@model_option
@split_option
@out_option(OUT)
def main(*, n: int, pages: int, show: bool, only_table: bool, model: str | None, split: str, out: Path) -> None:
    """Print the results and write them."""
    if only_table:
        write_table(out)
        return
    cv2.setNumThreads(1)
    digits = mnist_digits(split)
    reader = Reader(model)
    exam, tally = Form(example("exam"), reader), Form(example("tally"), reader)
    result: Numbers = {"model": name_and_version(reader), "seed": SEED, "exam": {}, "tally": {}}
    for capture in CAPTURES:
        sheets = list(filled_sheets(exam.template, capture, digits, n))
        numbers, read = measure(exam, sheets, show=show, what=f"exam {capture}")
        numbers |= {"number": share_right(sheets, read, (NUMBER,)), "marks": share_right(sheets, read, MARKS)}
        with tempfile.TemporaryDirectory() as folder:
            among = {NUMBER: listed_numbers(sheets, Path(folder))}
            known, read = measure(
                Form(example("exam", among=among), reader), sheets, show=show, what=f"listed {capture}"
            )
        numbers |= {
            "number_of_list": share_right(sheets, read, (NUMBER,)),
            "of_list_sure_and_wrong": known["sure_and_wrong"],
        }
        result["exam"][capture] = numbers
        click.echo(f"exam, {capture}: {numbers}")
        others = list(filled_sheets(tally.template, capture, digits, max(n // TALLIES, 1)))
        numbers, _ = measure(tally, others, show=show, what=f"tally {capture}")
        statuses = Counter(exam.read(sheet.picture).status for sheet in islice(others, 10))
        result["tally"][capture] = numbers | {"as_exam": dict(statuses)}
        click.echo(f"tally, {capture}: {result['tally'][capture]}")
    if pages:
        result["pdf"] = measure_pdf(digits, pages)
        click.echo(f"PDF: {result['pdf']}")
    if split == "test" and pages:
        write_json(out, result)
        if out == OUT:
            write_table(out)


if __name__ == "__main__":
    main()
