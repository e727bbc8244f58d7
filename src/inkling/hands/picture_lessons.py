"""Cut a picture of a known number into lessons, one for each digit, with the reader's segmentation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inkling.errors import BadRequest
from inkling.hands.box import Correction, box_lessons
from inkling.hands.lesson import LABELS, NONE, Lesson, label_of
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.reader import Reader, as_one_digit, to_original_box


def cut_lessons(reader: Reader, source: ImageSource, right: str, *, name: str = "", session: str = "") -> list[Lesson]:
    """The digits of one picture as lessons, in reading order.

    `right`: the written number; signs and spaces are ignored; "none" if no ink is a digit. `name`: the picture's
    source.

    Raises BadRequest if neither the number of separate pieces of ink nor the number of digits read equals the number of
    digits in `right`, and the errors of `Reader.read`.
    """
    labels = [NONE] if right == NONE else [sign for sign in right if sign in LABELS]
    what = name or "the picture"
    if not labels:
        raise BadRequest(f"{what} has the label {right[:40]!r}; expected digits, or {NONE!r}. Correct its label.")
    prepared = reader.prepare(source)
    if len(labels) == 1 and len(prepared.tiles) != 1:
        prepared = as_one_digit(prepared)
    glyphs = prepared.segmentation.glyphs
    if len(glyphs) == len(labels):
        found = [Correction(to_original_box(glyph.box_xywh, prepared.decoded), "") for glyph in glyphs]
    else:  # touching digits: use the boxes of the digits that were read
        digits = reader.trace_prepared(prepared).reading.digits
        found = [Correction(digit.box, "", said=str(digit.digit)) for digit in digits]
    if len(found) != len(labels):
        raise BadRequest(
            f"{what} shows {len(glyphs)} separate pieces of ink; expected {len(labels)} for {right[:40]!r}. "
            "Teach its digits one by one."
        )
    corrections = [replace(each, right=label) for each, label in zip(found, labels, strict=True)]
    return box_lessons(reader, prepared, corrections, source=name, session=session)


def required_label(path: Path) -> str:
    """The label of a file named LABEL__x.png. Raises BadRequest for another name."""
    label = label_of(path)
    if not label:
        raise BadRequest(f"{path} has no label in its name; expected LABEL__anything, as in 7__1.png. Rename it.")
    return label
