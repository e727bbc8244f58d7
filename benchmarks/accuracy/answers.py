"""A reader's answers to images of known text, and their statistics."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from benchmarks.common import Numbers, rate_95
from inkling import Reader
from inkling.errors import BadPicture
from inkling.pipeline.decode import ImageSource


@dataclass(frozen=True)
class Answer:
    """The reading of one image, and its true text."""

    text: str  # the true digits, rows joined by a newline
    written: str | None  # the true number with its signs; None if signs are not scored
    read_text: str
    read_written: str
    outcome: str  # the outcome of the reading, or "failed" for an image that could not be opened
    confidence: float  # 0..1
    took_s: float  # CPU time, which other load on the machine does not change

    @property
    def is_right(self) -> bool:
        return self.read_text == self.text

    @property
    def is_written_right(self) -> bool:
        """Whether the signs are right, too; the same as `is_right` if signs are not scored."""
        return self.read_written == self.written if self.written is not None else self.is_right

    @property
    def rows_right(self) -> int:
        """How many of the true rows were read exactly, in order."""
        rows, read = self.text.split("\n"), self.read_text.split("\n")
        return sum(block.size for block in SequenceMatcher(None, rows, read, autojunk=False).get_matching_blocks())


def answer(reader: Reader, image: ImageSource, text: str, written: str | None = None) -> Answer:
    """Read one image, and time it."""
    start = time.process_time()
    try:
        reading = reader.read(image)
    except BadPicture:
        return Answer(text, written, "", "", "failed", 0.0, time.process_time() - start)
    took_s = time.process_time() - start
    return Answer(text, written, reading.text, reading.written, reading.outcome, reading.confidence, took_s)


def summary(answers: Sequence[Answer]) -> Numbers:
    """Rates of exact texts, of the outcome "read", and of right answers among those, all with 95 % intervals.

    Also the median CPU time. Includes "written" only if signs are scored, and "rows" only if some images have several
    rows.
    """
    n = len(answers)
    called_read = [each for each in answers if each.outcome == "read"]
    read_right = sum(each.is_written_right for each in called_read)
    signs = [each for each in answers if each.written is not None]
    rows = sum(each.text.count("\n") + 1 for each in answers)
    return {
        "n": n,
        **rate_95("exact", sum(each.is_right for each in answers), n),
        **(rate_95("written", sum(each.is_written_right for each in signs), len(signs)) if signs else {}),
        **(rate_95("rows", sum(each.rows_right for each in answers), rows) if rows > n else {}),
        **rate_95("read", len(called_read), n),
        **(rate_95("read_right", read_right, len(called_read)) if called_read else {}),
        "read_wrong": len(called_read) - read_right,
        "median_ms": round(1000 * statistics.median(each.took_s for each in answers), 1),
    }


def risk_coverage(answers: Sequence[Answer]) -> list[tuple[float, float]]:
    """Points (coverage, risk), both 0..1 (El-Yaniv and Wiener 2010).

    Risk is the error rate of the most confident answers; coverage is their share of all answers. Answers with
    the same confidence form one point, so their order does not matter.
    """
    ranked = sorted(answers, key=lambda each: -each.confidence)
    points, wrong = [], 0
    for i, each in enumerate(ranked, 1):
        wrong += not each.is_written_right
        if i == len(ranked) or ranked[i].confidence < each.confidence:
            points.append((i / len(ranked), wrong / i))
    return points
