"""Write the measurements for /learn, from docs/results.json and benchmarks/accuracy/baselines.json.

    python scripts/make_measured.py

The page is part of the package but those files are not, so the package contains this digest. A test compares it with
those files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS, BASELINES = ROOT / "docs/results.json", ROOT / "benchmarks/accuracy/baselines.json"
FILE = ROOT / "src/inkling/server/pages/measured.json"
NETWORKS = ("ann-tutorial", "ann", "ann-dropout", "cnn")
RESIZED = "tutorial network, picture resized"


def digest(results: dict[str, Any], baselines: dict[str, Any]) -> dict[str, Any]:
    """Accuracies, 0..1: `right` by network and data set; `refusals_wrong` on MNIST's test images, for networks that
    refuse; `seeds` for two recipes; `resized` by data set, for the tutorial network on images that are only resized."""
    models = {name: results["models"][name] for name in NETWORKS}
    data_sets = {name: each for name, each in baselines["sets"].items() if name in models["cnn"]["scores"]}
    return {
        "written_by": "python scripts/make_measured.py",
        "right": {name: {key: s["accuracy"] for key, s in each["scores"].items()} for name, each in models.items()},
        "refusals_wrong": {
            name: score["refusals_wrong"]["accuracy"]
            for name, each in models.items()
            if "refusals_wrong" in (score := each["scores"]["mnist-test"])
        },
        "n": {key: score["n"] for key, score in models["cnn"]["scores"].items()},
        "seeds": {
            name: {"mean": each["mean"], "deviation": each["standard_deviation"], "n": each["n"]}
            for name, each in results["seeds"]["models"].items()
        },
        "resized": {name: each["readers"][RESIZED]["right"] for name, each in data_sets.items()},
    }


def main() -> None:
    """Write the file."""
    found = digest(*(json.loads(path.read_text("utf-8")) for path in (RESULTS, BASELINES)))
    FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(FILE.relative_to(ROOT))


if __name__ == "__main__":
    main()
