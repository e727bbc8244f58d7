from pathlib import Path

import pytest

from inkling.constraints.constraints import parse_constraints
from inkling.constraints.roster import read_roster, split_column
from inkling.errors import BadRequest, InklingError, UnknownName

TABLE = "name;student_no;room\nZoë;0012;A\nAlan;00-13;B\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_column_and_the_others_in_any_encoding(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "roster.csv"
    text = TABLE.replace(";", separator)
    path.write_bytes(b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding))
    roster = read_roster(path, "student_no")
    assert roster.columns == ("name", "room")
    assert roster.rows == {"0012": ("Zoë", "A"), "0013": ("Alan", "B")}
    assert roster.of("0013") == {"name": "Alan", "room": "B"}
    assert roster.of("99") == {"name": "", "room": ""}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n;;\n", "is empty"),
        (b"student_no,name,name\n1,a,b\n", "has two columns 'name'"),
        (b"student_no;name\n", "has a header and no rows"),
        (b"student_no\n12\nA3\n", "has 'A3' in the column 'student_no' of line 3"),
        (b"name,student_no\nAda,\n", "has '' in the column 'student_no' of line 2"),
        (b"student_no\n12\n13\n1-2\n", "has 12 in lines 2 and 4"),
        ("student_no\n12\n".encode("utf-16-le"), "is not a text file"),
    ],
)
def test_a_bad_table_is_told_in_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(BadRequest) as error:
        read_roster(path, "student_no")
    assert says in str(error.value)
    assert "roster.csv" in str(error.value)


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(TABLE)
    with pytest.raises(UnknownName, match="Did you mean 'student_no'"):
        parse_constraints(among=f"{path}:studentno")
    with pytest.raises(InklingError, match=r"starts line 2 .* roster.csv:COLUMN"):
        parse_constraints(among=path)


def test_a_file_or_a_file_and_its_column(tmp_path: Path) -> None:
    odd = tmp_path / "a:b"
    odd.write_text("12\n")
    assert split_column(str(odd)) == (odd, "")
    assert split_column("r.csv:student no") == (Path("r.csv"), "student no")
    assert split_column("r.csv") == (Path("r.csv"), "")


def test_the_constraints_hold_the_list_and_the_table(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(TABLE)
    stated = parse_constraints(among=f"{path}:student_no", length=4, sure="0.99")
    assert stated.allowlist is not None
    assert (stated.allowlist.numbers, stated.sure_at) == (("0012", "0013"), 0.99)
    assert stated.in_words() == "4 digits, one of 2 in roster.csv"


@pytest.mark.parametrize("sure", ["1", "0.2", "high"])
def test_a_bad_threshold(sure: str) -> None:
    with pytest.raises(BadRequest, match=f"--sure is {sure}; expected a probability"):
        parse_constraints(sure=sure)
