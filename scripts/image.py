"""Builds the container image and lets it read ten pictures as it would in service; `make image`.

With Docker or Podman where one runs. Without, as root with Debian's `buildah` and `debootstrap`: the base is then made
of Debian's own packages, and the image runs in a mount namespace with the same limits: user 10001, nothing
writable but /tmp, no capabilities, no new privileges. Ends with 1 when the image is too large or answers wrongly.
What was measured goes to deploy/image.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from image_engines import choose
from image_trial import trial

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "deploy" / "image.json"
LIMIT_MB = 450


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--base", help="image with Python to build on; else the Dockerfile's own, or one of Debian's")
    parser.add_argument("--keep", action="store_true", help="leave deploy/image.json as it is")
    options = parser.parse_args()
    engine = choose()
    print(f"building with {engine.name} ...", flush=True)
    start = time.monotonic()
    base = engine.base(options.base)
    based = time.monotonic()
    engine.build(base, revision=revision())
    built = time.monotonic()
    facts = {
        "made_by": "make image",
        "engine": engine.name,
        "base": base,
        "base_mb": engine.size_mb(base),
        "image_mb": engine.size_mb(engine.image),
        "limit_mb": LIMIT_MB,
        "base_made_s": round(based - start, 1),
        "built_s": round(built - based, 1),
        **trial(engine),
        "machine": f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores",
    }
    facts["added_mb"] = round(facts["image_mb"] - facts["base_mb"])
    print(json.dumps(facts, indent=2))
    if not options.keep:
        RESULT.write_text(json.dumps(facts, indent=2) + "\n")
    wrong = complaints(facts)
    for one in wrong:
        print(f"image: {one}", file=sys.stderr)
    return 1 if wrong else 0


def complaints(facts: dict[str, Any]) -> list[str]:
    """What of the facts must not be, in words."""
    expected = {
        "user": 10001,
        "root_is_writable": False,
        "tmp_is_writable": True,
        "capabilities": 0,
        "no_new_privileges": True,
        "has_pip": False,
        "has_tensorflow": False,
        "health_check_passes": True,
        "stopped_by_sigterm": True,
        "pictures_right": facts["pictures"],
    }
    wrong = [f"{name} is {facts[name]}; expected {value}." for name, value in expected.items() if facts[name] != value]
    if facts["image_mb"] > LIMIT_MB:
        wrong.append(f"it has {facts['image_mb']} MB; the limit is {LIMIT_MB} MB. See what deploy/slim.py may remove.")
    return wrong


def revision() -> str:
    """The commit that is built."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    raise SystemExit(main())
