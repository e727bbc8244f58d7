from pathlib import Path

import numpy as np
import pytest

from inkling.constraints.allowlist import build_allowlist, read_allowlist
from inkling.errors import BadRequest, InklingError, NotFound


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
        (b"", "holds no number"),
        (b"\n \n", "holds no number"),
        (b"number,name\n", "holds no number"),
        (b"0012\nA013\n", "starts line 2 with 'A013'"),
        (b"12O4\n1205\n", "starts line 1 with '12O4'"),
        (b"number\nname\n12\n", "starts line 2 with 'name'"),
        (b"12\n,Ada\n", "starts line 2 with ',Ada'"),
        ("\u0661\u0662\n".encode(), "starts line 1"),  # digits, but not 0 to 9
        (b"\x89PNG\xff\x00", "not text in UTF-8"),
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


def test_scores_are_the_sums_over_digits() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 3, 4, 5, 8, 11):
        texts = ["".join(map(str, rng.integers(0, 10, n))) for _ in range(50)]
        allowlist = build_allowlist([*texts, *texts], "allowlist")
        assert len(allowlist) == len(set(texts))
        numbers = allowlist.by_length[n]
        log_probs = rng.normal(size=(n, 10))
        expected = [sum(log_probs[i, int(c)] for i, c in enumerate(text)) for text in dict.fromkeys(texts)]
        assert numbers.log_probs(log_probs) == pytest.approx(expected)
