from pathlib import Path

import numpy as np
import pytest

from inkling.constraints.allowlist import build_allowlist, parse_allowlist, parse_lines
from inkling.constraints.roster import read_text
from inkling.errors import BadRequest, InklingError, NotFound
from inkling.pipeline.ctc import log_likelihoods
from tests.pipeline.ctc_oracle import random_columns


def read_allowlist(path: Path) -> list[str]:
    return parse_lines(read_text(path), path)


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ("0012\n0013\n", ["0012", "0013"]),
        ("0012\r\n\r\n0013", ["0012", "0013"]),
        ("number,name\n0012,Ada\n0013,Alan\n", ["0012", "0013"]),
        ('"number";"name"\n"0012";"Ada"\n', ["0012"]),
        ("\ufeffnumber\tname\n12 34-56.7/8\tAda\n", ["12345678"]),
        ('="0012",Ada\n', ["0012"]),
    ],
)
def test_one_number_a_line_or_the_first_column(tmp_path: Path, content: str, numbers: list[str]) -> None:
    path = tmp_path / "allowlist.csv"
    path.write_text(content, encoding="utf-8", newline="")
    assert read_allowlist(path) == numbers


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "contains no number"),
        (b"\n \n", "contains no number"),
        (b"number,name\n", "contains no number"),
        (b"0012\nA013\n", "starts line 2 with 'A013'"),
        (b"12O4\n1205\n", "starts line 1 with '12O4'"),
        (b"number\nname\n12\n", "starts line 2 with 'name'"),
        (b"12\n,Ada\n", "starts line 2 with ',Ada'"),
        ("\u0661\u0662\n".encode(), "starts line 1"),  # digits, but not 0 to 9
        (b"\x89PNG\xff\x00", "not a text file"),
    ],
)
def test_a_bad_file_is_named_in_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "allowlist.csv"
    path.write_bytes(content)
    with pytest.raises(BadRequest) as error:
        read_allowlist(path)
    assert says in str(error.value)
    assert "allowlist.csv" in str(error.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(InklingError, match="cannot be read") as error:
            read_allowlist(path)
        assert isinstance(error.value, NotFound)


def test_a_list_is_a_tree_without_duplicates() -> None:
    allowlist = build_allowlist(["407", "40", "41", "407", "9"], "list")
    assert allowlist.numbers == ("40", "407", "41", "9")
    assert len(allowlist) == 4
    assert [level.digits.tolist() for level in allowlist.levels] == [[4, 9], [0, 1], [7]]
    assert [level.parents.tolist() for level in allowlist.levels] == [[0, 0], [0, 0], [0]]
    assert [level.whole.tolist() for level in allowlist.levels] == [[-1, 3], [0, 2], [1]]


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_the_likelihoods_of_each_number(seed: int) -> None:
    rng = np.random.default_rng(seed)
    texts = ["".join(map(str, rng.integers(0, 4, rng.integers(1, 7)))) for _ in range(60)]
    allowlist = build_allowlist(texts, "list")
    columns = random_columns(seed, 8, 11, sharpness=1 + 4 * seed)
    found, missing = allowlist.probs(columns)
    expected = np.exp(log_likelihoods(columns, [tuple(map(int, text)) for text in allowlist.numbers]))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=missing + 1e-300)
    assert missing <= 1e-3 * found.max()


@pytest.mark.parametrize("text", ["12,13;14\n15  16", " 12, 13,14 ,15,16\n"])
def test_a_list_in_a_request(text: str) -> None:
    assert parse_allowlist(text) == ["12", "13", "14", "15", "16"]


@pytest.mark.parametrize(
    ("text", "says"), [("12,A3", "'A3'"), (",", "''"), ("1" * 65, "1 to 64"), ("\u0663", "digits")]
)
def test_a_bad_list_in_a_request(text: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        parse_allowlist(text)


def test_a_list_too_long_for_a_request() -> None:
    with pytest.raises(BadRequest, match="the list has 20,001 numbers; the limit for a request is 20,000"):
        parse_allowlist(",".join(["12"] * 20_001))


def test_how_probable_random_digits_are_on_a_list() -> None:
    assert build_allowlist(["12", "13", "4"], "list").by_chance == pytest.approx(0.12)
    assert build_allowlist(map(str, range(10)), "list").by_chance == 1.0
