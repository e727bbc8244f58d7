import cv2
import numpy as np
import pytest

from inkling import Reader
from inkling.errors import BadTemplate
from inkling.forms.examples import example
from inkling.forms.form import Form
from inkling.forms.template import Template
from inkling.forms.template_parser import parse_template
from tests.forms.conftest import VALUES, Digits, page


def test_a_sheet_is_read(exam: Form, sheet: np.ndarray) -> None:
    filled = exam.read(sheet)
    assert filled.values == VALUES
    assert filled.status == "read"
    assert [each.holds for each in filled.sums] == [True]
    x, y, w, h = filled["student_number"].box
    assert (x, y, w, h) == pytest.approx((377, 388, 560, 76), abs=5)
    answer = filled.to_json()
    assert answer["fields"][0]["name"] == "student_number"
    assert answer["fields"][0]["options"][0][0] == VALUES["student_number"]


def test_a_blank_form_is_empty(exam: Form, digits: Digits) -> None:
    filled = exam.read(page(digits, dict.fromkeys(VALUES, "")))
    assert filled.status == "empty"
    assert {field.outcome for field in filled.fields} == {"empty"}


def test_a_wrong_sum_is_told(exam: Form, digits: Digits) -> None:
    filled = exam.read(page(digits, {**VALUES, "total": "85"}))
    assert filled["total"].text == "85"
    assert filled.status == "unsure"
    assert "total is not the sum" in filled.reason
    assert [each.holds for each in filled.sums] == [False]


def test_a_box_that_is_left_out_makes_its_number_unsure(exam: Form, sheet: np.ndarray) -> None:
    without = sheet.copy()
    without[393:457, 522:582] = 250  # the third box
    filled = exam.read(without)
    assert filled["student_number"].outcome == "unsure"
    assert "7 of 8 boxes" in filled["student_number"].reason
    assert filled["student_number"].text == VALUES["student_number"][:2] + VALUES["student_number"][3:]


def test_a_crossed_out_box_is_no_digit(exam: Form, sheet: np.ndarray) -> None:
    crossed = sheet.copy()
    for line in (((524, 394), (580, 457)), ((580, 394), (524, 457)), ((524, 424), (580, 424))):
        cv2.line(crossed, *line, (20, 20, 20), 6)
    assert exam.read(crossed)["student_number"].outcome == "unsure"


def test_a_number_of_the_list_is_found(
    sheet: np.ndarray, best_reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    roster = tmp_path_factory.mktemp("roster") / "numbers.txt"
    roster.write_text("27148943\n27148948\n11111111\n")
    filled = Form(example("exam", among={"student_number": roster}), best_reader).read(sheet)
    assert filled["student_number"].text == "27148943"
    assert filled["student_number"].outcome == "read"


def test_half_a_sheet(exam: Form, sheet: np.ndarray) -> None:
    filled = exam.read(sheet[: len(sheet) // 2])
    assert filled.status == "part"
    assert filled["student_number"].text == VALUES["student_number"]
    assert filled["total"].outcome == "missing"
    assert "missing" in filled.reason


def test_a_sheet_whose_lower_half_is_covered(exam: Form, sheet: np.ndarray) -> None:
    covered = sheet.copy()
    covered[len(sheet) // 2 :] = 120
    filled = exam.read(covered)
    assert filled.status == "part"
    assert filled["total"].outcome == "missing"


def test_two_sheets_in_one_picture(exam: Form, sheet: np.ndarray) -> None:
    filled = exam.read(np.hstack([sheet, sheet]))
    assert filled.status == "several"
    assert "two or more sheets are in this picture and only the clearest is read; crop it" in filled.reason
    assert filled.values == VALUES


def test_another_form(exam: Form, digits: Digits) -> None:
    values = {"station": "123456", **{f"votes_{i + 1}": "7" for i in range(9)}, "total": "63"}
    filled = exam.read(page(digits, values, form="tally"))
    assert filled.status == "other_form"
    assert filled.fields == ()
    assert "not the form 'exam'" in filled.reason


@pytest.mark.parametrize("picture", [
    np.full((1400, 1000), 255, np.uint8),
    np.clip(np.random.default_rng(2).normal(235, 4, (1400, 1000)), 0, 255).astype(np.uint8),
], ids=["white", "paper"])  # fmt: skip
def test_a_blank_page(exam: Form, picture: np.ndarray) -> None:
    assert exam.read(picture).status == "blank"


def test_signs_and_cells_and_tables(
    digits: Digits, best_reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("form")
    template = _balance(folder_name=str(folder))
    blank = _balance_blank()
    cv2.imwrite(str(folder / "balance.png"), blank)
    written = blank.copy()
    images, labels = digits
    for text, x, y in (("4", 86, 330), ("2", 426, 330), ("7", 510, 330)):
        _stamp(written, images[np.flatnonzero(labels == int(text))[0]], x, y)
    cv2.line(written, (370, 360), (405, 360), (20,), 6)  # minus
    filled = Form(template, best_reader).read(written)
    assert filled["balance"].text == "-27"
    assert filled["digit"].text == "4"
    assert filled["digit"].outcome == "read"
    assert [filled[f"grid_{i}"].outcome for i in (1, 2)] == ["empty", "empty"]


def test_a_blank_of_another_shape(tmp_path_factory: pytest.TempPathFactory, best_reader: Reader) -> None:
    folder = tmp_path_factory.mktemp("shape")
    cv2.imwrite(str(folder / "balance.png"), np.full((300, 300), 255, np.uint8))
    with pytest.raises(BadTemplate, match="expected the same aspect ratio"):
        Form(_balance(folder_name=str(folder)), best_reader)
    (folder / "balance.png").unlink()
    with pytest.raises(BadTemplate, match="cannot be opened"):
        Form(_balance(folder_name=str(folder)), best_reader)


def _balance(*, folder_name: str) -> Template:
    from pathlib import Path

    regions = [
        {"name": "digit", "kind": "cell", "box": [60, 310, 90, 100]},
        {"name": "balance", "kind": "number", "box": [350, 310, 350, 100], "signs": True},
        {"name": "grid", "kind": "table", "box": [60, 500, 300, 100], "rows": 1, "columns": 2},
    ]
    data = {"name": "balance", "about": "", "blank": "balance.png", "size": [800, 700], "region": regions}
    return parse_template(data, Path(folder_name))


def _balance_blank() -> np.ndarray:
    image = np.full((700, 800), 255, np.uint8)
    for k, text in enumerate(("Balance of the account", "Read by a machine: write clearly", "Customer service desk 7")):
        cv2.putText(image, text, (60, 60 + 70 * k), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (30,), 2)
    for x, y, w, h in ((60, 310, 90, 100), (350, 310, 350, 100), (60, 500, 150, 100), (210, 500, 150, 100)):
        cv2.rectangle(image, (x, y), (x + w, y + h), (30,), 2)
    cv2.putText(image, "Signature and date", (400, 660), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30,), 2)
    return image


def _stamp(image: np.ndarray, digit: np.ndarray, x: int, y: int) -> None:
    large = 255 - cv2.resize(digit, (70, 70), interpolation=cv2.INTER_CUBIC)
    part = image[y : y + 70, x : x + 70]
    np.minimum(part, large, out=part)
