"""scripts/coverage_by_package.py: a report of Coverage.py becomes one percentage per package."""

from __future__ import annotations

from typing import Any

from scripts.coverage_by_package import by_package


def file(covered: int, statements: int) -> dict[str, Any]:
    return {"summary": {"covered_lines": covered, "num_statements": statements}}


def test_files_are_summed_by_package_and_other_tiers_are_left_out() -> None:
    report = {
        "files": {
            "src/inkling/errors.py": file(10, 10),
            "src/inkling/pipeline/decode.py": file(50, 100),
            "src/inkling/pipeline/config/decoding.py": file(25, 25),
            "src/inkling/batch/plan.py": file(0, 1000),
            "src/inkling/hands/__init__.py": file(0, 0),
        }
    }
    assert by_package(report) == {"all": 63.0, "pipeline": 60.0}
