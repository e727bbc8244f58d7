import copy
from pathlib import Path
from typing import Any

import pytest

from inkling.errors import BadTemplate, NotFound, UnknownName
from inkling.forms.examples import example, example_names
from inkling.forms.template import Template
from inkling.forms.template_parser import load_template, parse_template

GOOD: dict[str, Any] = {
    "name": "card",
    "about": "A card.",
    "blank": "card.png",
    "size": [400, 300],
    "region": [
        {"name": "number", "kind": "comb", "box": [10, 10, 200, 40], "columns": 5, "length": 5, "check": "luhn"},
        {"name": "mark", "kind": "table", "box": [10, 60, 100, 90], "rows": 3, "columns": 1, "pattern": "[0-9]|10"},
        {"name": "grid", "kind": "table", "box": [150, 60, 200, 90], "rows": 2, "columns": 2, "signs": True},
        {"name": "letter", "kind": "cell", "box": [10, 160, 30, 30], "among": ["1", "2"]},
        {"name": "total", "kind": "number", "box": [10, 200, 100, 40], "length": "1-2"},
    ],
    "sum": [{"total": "total", "of": ["mark"]}],
}


def test_fields_of_every_kind() -> None:
    template = parse_template(GOOD, Path())
    names = [field.name for field in template.fields]
    assert names == ["number", "mark_1", "mark_2", "mark_3", "grid_1_1", "grid_1_2", "grid_2_1", "grid_2_2", "letter",
                     "total"]  # fmt: skip
    by_name = {field.name: field for field in template.fields}
    assert by_name["number"].cells[-1] == (170, 10, 40, 40)
    assert by_name["mark_2"].box == (10, 90, 100, 30)
    assert by_name["mark_2"].cells == ()
    assert by_name["letter"].cells == ((10, 160, 30, 30),)
    assert by_name["number"].constraints.allow("79927") is False
    assert by_name["mark_1"].constraints.allow("10")
    assert not by_name["mark_1"].constraints.allow("11")
    assert template.sums[0].of == ("mark_1", "mark_2", "mark_3")


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    template = parse_template(GOOD, tmp_path)
    path = tmp_path / "card.toml"
    path.write_text(template.to_toml(), "utf-8")
    again = load_template(path)
    assert again.to_toml() == template.to_toml()
    assert [(field.name, field.box, field.cells) for field in again.fields] == [
        (field.name, field.box, field.cells) for field in template.fields
    ]
    assert again.sums == template.sums
    assert 'of = ["mark"]' in path.read_text()


WRONG: dict[str, tuple[Any, str]] = {
    "unknown key": ((("colour",), "red"), "unknown key 'colour'"),
    "unknown key of a region": ((("region", 0, "lenght"), 5), "Did you mean 'length'?"),
    "unknown kind": ((("region", 0, "kind"), "coomb"), "Did you mean 'comb'?"),
    "outside": ((("region", 0, "box"), [300, 10, 200, 40]), "within the blank's 400x300 pixels"),
    "overlap": ((("region", 4, "box"), [20, 150, 100, 60]), "regions 'letter' and 'total' overlap"),
    "no box": ((("region", 0, "box"), [1, 2]), "expected x, y, width and height"),
    "tiny cells": ((("region", 0, "columns"), 60), "no digit fits"),
    "name twice": ((("region", 4, "name"), "number"), "two fields are called 'number'"),
    "name of a table's field": ((("region", 4, "name"), "mark_2"), "two fields are called 'mark_2'"),
    "name of another field's column": ((("region", 3, "name"), "total_cell"), "a field is called 'total_cell'"),
    "name of a column": ((("region", 0, "name"), "status"), "none of source, page, status, reason"),
    "table without rows": ((("region", 1), {"name": "m", "kind": "table", "box": [0, 0, 50, 50]}), "without rows"),
    "number with rows": ((("region", 4, "rows"), 2), "only comb and table have them"),
    "bad pattern": ((("region", 1, "pattern"), "[0-9"), "region 'mark': pattern"),
    "bad check": ((("region", 0, "check"), "lun"), "unknown checksum 'lun'"),
    "longer than its boxes": ((("region", 0, "length"), 6), "5 boxes and the length 6"),
    "signs that are not allowed": ((("region", 1, "pattern"), "-[0-9]"), "not signs = true"),
    "comb with signs": ((("region", 0, "signs"), True), "only a number or table has them"),
    "list that cannot be read": ((("region", 4, "among"), "no.csv"), "no.csv cannot be read"),
    "sum over a missing field": ((("sum", 0, "of"), ["mark", "bonus"]), "unknown field 'bonus'"),
    "sum that counts itself": ((("sum", 0, "of"), ["mark", "total"]), "counts a field twice"),
    "sum with signs": ((("sum", 0, "of"), ["grid"]), "has signs"),
    "no region": ((("region",), []), "expected at least one field"),
    "a path as blank": ((("blank",), "../card.png"), "expected the name of a PDF or picture"),
    "an invalid size": ((("size",), [400]), "the width and height of the blank"),
    "an invalid name": ((("name",), "my card"), "Rename the form"),
    "text for a number": ((("region", 0, "columns"), "5"), "expected a whole number"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=list(WRONG))
def test_one_sentence_for_what_is_wrong(change: tuple[tuple[Any, ...], Any], message: str) -> None:
    data = copy.deepcopy(GOOD)
    (*way, last), value = change
    place: Any = data
    for key in way:
        place = place[key]
    place[last] = value
    with pytest.raises(BadTemplate) as raised:
        parse_template(data, Path())
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_two_sums_of_one_total() -> None:
    data = {**GOOD, "sum": [{"total": "total", "of": ["mark_1"]}, {"total": "total", "of": ["mark_2"]}]}
    with pytest.raises(BadTemplate, match="two sums have the total 'total'"):
        parse_template(data, Path())


def test_files_that_are_no_template(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="expected a template"):
        load_template(tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(BadTemplate, match=r"broken\.toml is not TOML"):
        load_template(broken)


def test_a_list_of_numbers_for_a_region(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("student_number,name\n12345678,A\n87654321,B\n")
    template = example("exam", among={"student_number": roster})
    listed = template.fields[0].constraints.allowlist
    assert listed is not None
    assert listed.numbers == ("12345678", "87654321")
    with pytest.raises(BadTemplate, match="unknown region 'student'"):
        example("exam", among={"student": roster})


@pytest.mark.parametrize("name", example_names())
def test_shipped_forms(name: str) -> None:
    template = example(name)
    assert isinstance(template, Template)
    assert (template.folder / template.blank).is_file()
    assert template.sums


def test_unknown_example() -> None:
    with pytest.raises(UnknownName, match="choose from: exam, tally"):
        example("exams")
