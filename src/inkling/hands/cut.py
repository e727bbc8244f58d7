"""Cut a picture with a known number into lessons, one for each digit, as reading cuts it."""

from __future__ import annotations

from pathlib import Path

from inkling.errors import BadRequest
from inkling.hands.lesson import LABELS, NONE, Lesson, as_tile, label_of
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.reader import Reader, as_one_digit, to_original_box


def cut_lessons(reader: Reader, source: ImageSource, right: str, *, name: str = "", session: str = "") -> list[Lesson]:
    """The digits of one picture as lessons, in reading order.

    `right`: the number that is written, its signs and spaces ignored, or "none" if no ink is a digit. `name`: where the
    picture comes from.

    Raises BadRequest if the picture does not fall into as many pieces of ink as there are digits, and what
    `Reader.read` raises for a picture.
    """
    labels = [NONE] if right == NONE else [sign for sign in right if sign in LABELS]
    what = name or "the picture"
    if not labels:
        raise BadRequest(f"{what} has the label {right[:40]!r}; expected digits, or {NONE!r}. Correct its label.")
    prepared = reader.prepare(source)
    if len(labels) == 1 and len(prepared.tiles) != 1:
        prepared = as_one_digit(prepared)
    if len(prepared.tiles) != len(labels):
        raise BadRequest(
            f"{what} shows {len(prepared.tiles)} separate pieces of ink; expected {len(labels)} for {right[:40]!r}. "
            "Teach its digits one by one."
        )
    prediction = reader.classify(prepared.tiles)
    glyphs = [glyph for line in prepared.segmentation.lines for glyph in line]
    lessons = []
    for tile, label, glyph, probs, not_digit in zip(
        prepared.tiles, labels, glyphs, prediction.probs, prediction.not_digit, strict=True
    ):
        refused = not_digit >= reader.bundle.reject_at
        lessons.append(
            Lesson(
                as_tile(tile),
                label,
                said=NONE if refused else str(probs.argmax()),
                confidence=round(float(not_digit if refused else probs.max()), 4),
                model_name=reader.bundle.name,
                model_version=reader.bundle.version,
                box=to_original_box(glyph.box_xywh, prepared.decoded),
                source=name,
                session=session,
            )
        )
    return lessons


def required_label(path: Path) -> str:
    """The label of a file named LABEL__x.png. Raises BadRequest for another name."""
    label = label_of(path)
    if not label:
        raise BadRequest(f"{path} has no label in its name; expected LABEL__anything, as in 7__1.png. Rename it.")
    return label
