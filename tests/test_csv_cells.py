import csv
from io import StringIO

import pytest

from inkling.csv_cells import FORMULA_STARTS, safe_cell, safe_row, text_cell


@pytest.mark.parametrize("sign", FORMULA_STARTS)
@pytest.mark.parametrize("column", ["error", "reason", "label", "first", "source", ""])
def test_no_text_begins_as_a_formula_does(column: str, sign: str) -> None:
    safe = safe_cell(column, f"{sign}cmd|' /C calc'!A0")
    assert not safe.startswith(FORMULA_STARTS)
    assert safe.endswith(f"{sign}cmd|' /C calc'!A0")


@pytest.mark.parametrize("value", ["", "0042", "a=b", "scans/-1.png", -0.5, 0, None, True])
def test_other_values_stay(value: object) -> None:
    assert safe_cell("error", value) == value


def test_a_path_still_names_the_same_file() -> None:
    assert safe_cell("source", "=1+1.png") == "./=1+1.png"


def test_a_written_number_is_exact() -> None:
    """It contains only digits and signs, so it is not escaped."""
    assert safe_row({"written": "-12.50", "written_cell": text_cell("-12.50"), "error": None}) == {
        "written": "-12.50",
        "written_cell": '="-12.50"',
        "error": None,
    }


def test_a_text_cell_is_one_string_whatever_it_holds() -> None:
    assert text_cell("00\n42") == '="00 / 42"'
    assert text_cell('1"&cmd|x&"') == '="1""&cmd|x&"""'


def test_a_row_survives_the_csv_module() -> None:
    text = StringIO(newline="")
    row = safe_row({"source": "a;b\n.png", "error": '=1+"1"'})
    writer = csv.DictWriter(text, row, quoting=csv.QUOTE_ALL)
    writer.writerow(row)
    assert next(csv.reader(StringIO(text.getvalue(), newline=""))) == ["a;b\n.png", '\'=1+"1"']
