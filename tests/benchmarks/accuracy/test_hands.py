from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy import hands
from benchmarks.accuracy.hands import Judge, as_lessons, of_hand, one_correction, tables
from inkling.training.odd_hands import odd_hand, write_digits

SEVEN_LIKE_ONE = 5


@pytest.mark.slow
def test_a_hand_is_measured_before_and_after(
    digits: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "CORRECTIONS", 1)
    judge, hand = Judge(), odd_hand(SEVEN_LIKE_ONE)
    lessons = as_lessons(*write_digits(hand, 8, *digits, np.random.default_rng(0)))
    tiles, labels = write_digits(hand, 10, *digits, np.random.default_rng(1))
    test = (judge.network(tiles), labels)
    row, taught = of_hand(judge, lessons, test)
    assert row["promoted"]
    assert row["errors_before"] == pytest.approx((~judge.right(test)).mean())
    assert row["errors_after"] == pytest.approx((~judge.right(test, taught)).mean())
    assert row["errors_after"] < row["errors_before"]
    [one] = [each for each in one_correction(judge, lessons, test) if each["digit"] == 7]
    assert one["right_before"] <= 5 < one["right_of_ten"] == round(10 * one["right_of_all"])


def test_the_page_tells_what_was_measured() -> None:
    one = {"cases": 3, "right_before_mean": 1.0, "right_of_ten_mean": 9.0, "at_least_8_of_10": 0.9}
    one |= {"others_before_mean": 0.02, "others_after_mean": 0.01}
    summary = {"errors_before": 0.08, "errors_after": 0.01, "worse": 0, "promoted": 1, "validation_images": 5000}
    summary |= {"validation_misread_before": 17, "validation_misread_after_most": 19, "one_correction": one}
    summary |= {"cpu_s_median": 0.5, "cpu_s_most": 0.5}
    poison = {"random labels": {"cpu_s": 1.0, "reason": "Not promoted: wrong."}}
    page = tables(
        {
            "written_by": "x",
            "model": {"name": "cnn", "version": "a"},
            "summary": summary,
            "hands": [],
            "poisoned": poison,
        }
    )
    assert "| error rate of the writers, mean | 8.00% | 1.00% |" in page
    assert "| random labels | 1.0 | Not promoted: wrong. |" in page
