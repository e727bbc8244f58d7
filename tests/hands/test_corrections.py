from __future__ import annotations

from inkling.hands.corrections import Said, kind_of_source, page, report, week

MONDAY = "2026-11-30T09:00:00+00:00"
SAID = [
    Said("7", "1", "scans/a.png", MONDAY),
    Said("7", "1", "board", "2026-11-29T23:00:00+00:00"),
    Said("7", "7", "board", MONDAY),
    Said("4", "", "board", MONDAY),
    Said("none", "9", "", MONDAY),
]


def test_nothing_was_corrected() -> None:
    found = report([])
    assert (found["lessons"], found["misread"], found["confusion"]) == (0, 0, [])
    assert "<h2>By week" not in page(found, title="Where the reader fails")


def test_counts_by_digit_confusion_source_and_week() -> None:
    found = report(SAID)
    assert (found["lessons"], found["misread"]) == (5, 3)
    assert found["by_digit"][7] == {"digit": "7", "lessons": 3, "misread": 2}
    assert found["by_digit"][4] == {"digit": "4", "lessons": 1, "misread": 0}
    assert found["confusion"][0] == {"said": "1", "right": "7", "n": 2}
    assert [each["source"] for each in found["by_source"]] == ["(not said)", "board", "scans"]
    assert found["by_week"] == [
        {"week": "2026-11-23", "lessons": 1, "misread": 1},
        {"week": "2026-11-30", "lessons": 4, "misread": 2},
    ]


def test_the_page_shows_them_and_escapes_names() -> None:
    found = page(report([*SAID, Said("7", "1", "<b>", MONDAY)]), title="Where <anna> is misread")
    assert "Where &lt;anna&gt; is misread" in found
    assert "&lt;b&gt;" in found
    assert "<td>66.7%</td>" not in found
    assert "<td>75.0%</td>" in found  # of the four 7s
    assert "http" not in found.replace("http://www.w3.org", "")


def test_sources_and_weeks() -> None:
    assert kind_of_source(Said("7", "1", "a.png", MONDAY)) == "(this folder)"
    assert week(Said("7", "1", "", "2026-12-06T23:59:59+00:00")) == "2026-11-30"
