"""Hands, versions and lessons as JSON for the API."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.hands.lesson import Lesson
    from inkling.hands.overview import Hand
    from inkling.hands.rows import Version

MAX_VERSIONS = 20  # the newest versions of a hand that an answer lists
MAX_CHANGED = 100  # changed lessons of a version that an answer lists


def hand_json(hand: Hand, versions: Sequence[Version]) -> dict[str, Any]:
    """A hand with the given versions."""
    from inkling.hands.lesson import LABELS

    return {
        "name": hand.name,
        "created": hand.created,
        "lessons": sum(hand.lessons.values()),
        "misread": hand.misread,
        "digits": {label: hand.lessons.get(label, 0) for label in LABELS},
        "contradictions": hand.contradictions,
        "active": hand.active_version,
        "versions": [version_json(version) for version in versions],
    }


def version_json(version: Version) -> dict[str, Any]:
    """A version and its effects."""
    from inkling.hands.guards import WORDS

    report = version.report
    judged = report["held_back"] or report["own"]
    guards = [
        {
            "name": guard["name"],
            "about": WORDS[guard["name"]],
            "before": guard["before"],
            "after": guard["after"],
            "limit": guard["before"] + guard["allowed"],
            "ok": guard["holds"],
        }
        for guard in report["guards"]
    ]
    return {
        "version": version.number,
        "kind": version.kind,
        "created": version.created,
        "model": {"name": version.base_name, "version": version.base_version},
        "promoted": version.promoted,
        "reason": report["reason"],
        "lessons": report["lessons"],
        "held_back": report["held_back"] is not None,
        **{
            when: {"right": told["right"], "of": told["n"], "interval": told["accuracy_95"]}
            for when, told in (("before", judged["before"]), ("after", judged["after"]))
        },
        "guards": guards,
        "changed": report["changed"][:MAX_CHANGED],
        "confusion": report["confusion"],
    }


def lesson_json(lesson: Lesson, same_picture: Sequence[Lesson]) -> dict[str, Any]:
    """A lesson. `same_picture`: lessons of the same hand that may have the same picture."""
    from inkling.hands.lesson import to_png

    others = [each.id for each in same_picture if each.sha256 == lesson.sha256 and each.id != lesson.id]
    return {
        "id": lesson.id,
        "label": lesson.label,
        "said": lesson.said,
        "image": f"data:image/png;base64,{base64.b64encode(to_png(lesson.tile)).decode()}",
        "created": lesson.created,
        "source": lesson.source,
        "session": lesson.session,
        "contradicts": others,
    }
