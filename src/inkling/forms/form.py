"""START HERE: read filled-in sheets of a form.

form = Form.load("exam.toml")
sheet = form.read("scan.jpg")       # -> FilledForm
sheet.status                        # "read", "unsure", "part", "other_form", ..
sheet["student_number"].text        # "26579220"

The steps in order:

register       locate the form in the picture -> the straightened page in the blank's pixels
written_ink    the ink that is on the page but not on the blank
read_fields    candidate texts of each field from both networks, under the field's constraints
with_sums      the candidates, reweighted by the sums
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from inkling.batch.form_status import FieldState, judged
from inkling.errors import BadRequest
from inkling.forms.blank import blank_picture
from inkling.forms.config import FORM as CONFIG
from inkling.forms.fields import Candidates, field_tiles, read_fields
from inkling.forms.filled import FieldOutcome, FilledField, FilledForm, FilledSum, Status
from inkling.forms.ink import PageInk, written_ink
from inkling.forms.registration import Blank, Registered, register
from inkling.forms.sums import holds, with_sums
from inkling.forms.template import Field, Template
from inkling.forms.template_parser import load_template
from inkling.pipeline.box import Box
from inkling.pipeline.decode import ImageSource, decode
from inkling.pipeline.layout.light import MOST_CONTRAST, ink_threshold
from inkling.pipeline.layout.perspective import find_page
from inkling.pipeline.layout.sheet import straighten
from inkling.pipeline.reader import Reader

NOT_SEEN = "it is not in the picture; show the whole sheet."


class Form:
    """A form ready to read sheets. Safe to call from several threads.

    Examples:
        >>> from inkling.forms.examples import example
        >>> Form(example("exam")).read(np.full((1400, 1000), 255, np.uint8)).status
        'blank'
    """

    def __init__(self, template: Template, reader: Reader | None = None, *, sure_at: float | None = None) -> None:
        """`reader`: the default one if None; `sure_at`: minimum probability, 0..1, of a sure field.

        Raises BadTemplate for a blank that cannot be opened or has the wrong shape.
        """
        self.template = template
        self.reader = reader or Reader()
        self.sure_at = CONFIG.sure_at if sure_at is None else sure_at
        self._blank = Blank(blank_picture(template))
        self._fields = [_scaled(field, self._blank.scale) for field in template.fields]

    @classmethod
    def load(
        cls, path: str | Path, reader: Reader | None = None, *, among: Mapping[str, str | Path] | None = None
    ) -> Form:
        """Load a form from its template file. `among`: region -> file with its allowed numbers. Raises BadTemplate."""
        return cls(load_template(Path(path), among=among), reader)

    def read(self, source: ImageSource) -> FilledForm:
        """Read one page. Raises BadPicture (see inkling.errors) if it cannot be decoded."""
        page = decode(source)
        sheets = register(page.image, self._blank)
        if not sheets:
            return self._not_found(page.image)
        return self._read(sheets, to_original=page.size_wh[0] / page.image.shape[1])

    def tiles(self, source: ImageSource) -> dict[str, np.ndarray]:
        """The separate digits of each field in the picture, by name: (n, 28, 28) float32, the classifier's input.

        Raises BadRequest if the form is not in the picture, and BadPicture if the picture cannot be decoded.
        """
        sheets = register(decode(source).image, self._blank)
        if not sheets:
            raise BadRequest(
                f"the form {self.template.name!r} is not in the picture; expected one of its sheets. Name the template "
                "of the form in the picture."
            )
        ink = written_ink(sheets[0], self._blank)
        return {field.name: field_tiles(field, ink) for field in self._fields if self._is_seen(field.box, sheets[0])}

    def _read(self, sheets: list[Registered], *, to_original: float) -> FilledForm:
        sheet = sheets[0]
        ink = written_ink(sheet, self._blank)
        found = dict(
            zip([field.name for field in self._fields], read_fields(self._fields, ink, self.reader), strict=True)
        )
        missing = {field.name for field in self._fields if not self._is_seen(field.box, sheet)}
        found |= dict.fromkeys(missing, Candidates((), ()))
        sums = [each for each in self.template.sums if missing.isdisjoint((each.total, *each.of))]
        after = with_sums(found, sums)
        texts = {name: each.texts[0] if each.texts else "" if each.is_empty else None for name, each in after.items()}
        filled_sums = tuple(FilledSum(each.total, each.of, holds(each, texts)) for each in sums)
        fields = tuple(
            self._field(field, after[field.name], sheet, filled_sums, to_original, is_missing=field.name in missing)
            for field in self._fields
        )
        status, reason = _judged(fields, filled_sums, sheets)
        return FilledForm(
            self.template.name, status, fields, filled_sums, reason, sheet.agreement, sheet.image, _writing(ink)
        )

    def _is_seen(self, box: Box, sheet: Registered) -> bool:
        """Whether a field and the print around it are in the picture."""
        x, y, w, h = box
        rim = CONFIG.print_rim_px
        around = slice(max(y - rim, 0), y + h + rim), slice(max(x - rim, 0), x + w + rim)
        n = int(self._blank.printed[around].sum())
        is_there = n < CONFIG.min_print_px or int(sheet.printed[around].sum()) >= CONFIG.min_print * n
        return is_there and float(sheet.seen[y : y + h, x : x + w].mean()) >= CONFIG.min_seen

    def _field(
        self,
        field: Field,
        found: Candidates,
        sheet: Registered,
        sums: tuple[FilledSum, ...],
        to_original: float,
        *,
        is_missing: bool,
    ) -> FilledField:
        x, y, w, h = (round(side * to_original) for side in sheet.page_box(field.box))
        box = x, y, max(w, 1), max(h, 1)
        if is_missing:
            return FilledField(field.name, "missing", "", 0.0, box, field.box, NOT_SEEN)
        if not found.texts:
            return FilledField(field.name, "unsure" if found.doubt else "empty", "", 0.0, box, field.box, found.doubt)
        options = tuple(zip(found.texts[: CONFIG.options], found.probs[: CONFIG.options], strict=True))
        text, confidence = options[0]
        outcome: FieldOutcome = "read"
        reason = found.doubt
        broken = next((each for each in sums if each.holds is False and field.name in (each.total, *each.of)), None)
        if not reason and confidence < self.sure_at:
            other = f" or {options[1][0]}" if len(options) > 1 else ""
            reason = f"it may be {text}{other}; check it by eye."
        if not reason and broken and (field.name == broken.total or confidence < CONFIG.sure_despite_sum):
            reason = f"{broken.total} is not the sum of its parts; check it by eye."
        if reason:
            outcome, confidence = "unsure", min(confidence, CONFIG.most_unsure)
        listed = field.constraints.listed(text, satisfied=True)
        return FilledField(field.name, outcome, text, confidence, box, field.box, reason, options, listed)

    def _not_found(self, page: np.ndarray) -> FilledForm:
        """The result for a picture without the form."""
        name = self.template.name
        sheet, outside = straighten(page, find_page(page))
        contrast = sheet.paper.contrast if outside is None else sheet.paper.contrast * (1 - outside)
        threshold = ink_threshold(contrast)
        inked = 0.0 if threshold > MOST_CONTRAST else float((contrast >= max(threshold, CONFIG.print_contrast)).mean())
        if inked < CONFIG.blank_share:
            return FilledForm(name, "blank", reason="this page is blank; expected a filled-in sheet. Leave it out.")
        reason = f"this is not the form {name!r}, or too little of it is visible; use its template, or a new picture."
        return FilledForm(name, "other_form", reason=reason)


def _judged(
    fields: tuple[FilledField, ...], sums: tuple[FilledSum, ...], sheets: list[Registered]
) -> tuple[Status, str]:
    """The status of a sheet and the reason for it."""
    if len(sheets) > 1:
        what = "two or more sheets are in this picture and only the clearest is read"
        return "several", f"{what}; crop it, or photograph each separately."
    missing = [field.name for field in fields if field.outcome == "missing"]
    if missing or sheets[0].cover < CONFIG.min_cover:
        what = f"{len(missing)} fields are" if len(missing) > 1 else f"{missing[0]} is" if missing else "some of it is"
        return "part", f"a part of the sheet is not in the picture: {what} missing. Show the whole sheet."
    broken = [f"{each.total} is not the sum of its parts; check them by eye." for each in sums if each.holds is False]
    return judged([FieldState(field.name, field.outcome, field.reason) for field in fields], broken)


def _scaled(field: Field, scale: float) -> Field:
    """A field in work pixels."""

    def scaled(box: Box) -> Box:
        left, top, right, base = (round(scale * side) for side in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
        return left, top, right - left, base - top

    return Field(field.name, scaled(field.box), tuple(map(scaled, field.cells)), field.constraints, field.signs)


def _writing(ink: PageInk) -> np.ndarray:
    """(64, 48) float32: a map of the ink on the sheet."""
    return np.asarray(cv2.resize(ink.soft, (48, 64), interpolation=cv2.INTER_AREA))
