"""The process that teaches a hand a whole network: python -m inkling.training.hand_worker NAME BUNDLE EVENTS SECONDS

`inkling.hands.full_job` starts it, and says which events it appends to the file EVENTS. The store is that of
INKLING_STORE. The process runs at low priority and ends after SECONDS at the latest. It stores the version in one
transaction; until then it can be killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType

from inkling.errors import CannotWrite, InklingError
from inkling.hands.full_job import EventFile
from inkling.hands.store import Store
from inkling.models.bundle import Bundle, open_bundle

NICE = 10
KILLED = 128 + signal.SIGTERM


def main(arguments: list[str]) -> None:
    """The command. Its outcome is in the events."""
    name, bundle, events, max_s = arguments
    if hasattr(os, "nice"):
        os.nice(NICE)
    log = EventFile(Path(events))
    try:
        timer = _end_in_time(log, float(max_s))
        _teach(name, open_bundle(Path(bundle)), log, timer)
    except InklingError as error:
        log.append("failed", error=str(error))
    except MemoryError:
        log.append("failed", error=_sentence("it ran out of memory", "Free some, and teach again."))
    except Exception as error:  # the edge of the process
        traceback.print_exc()
        where = Path(events).with_name("log.txt")
        log.append("failed", error=_sentence(f"of an unexpected error ({type(error).__name__})", f"{where} says more."))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # everything is on disk; TensorFlow's own exit can take seconds, and other jobs wait for the lock


def _teach(name: str, bundle: Bundle, log: EventFile, timer: threading.Timer) -> None:
    from inkling.training.data.mnist import load_mnist
    from inkling.training.hand_teaching import Teacher

    def on_progress(stage: str, done: float) -> None:
        log.append("progress", stage=stage, done=round(done, 3))

    try:
        with Store() as store:
            lessons = store.lessons(name)
        on_progress("starting TensorFlow", 0.0)
        taught = Teacher(bundle, load_mnist(), on_progress).teach(lessons)
        with Store() as store:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # from here on it is too late to cancel
            timer.cancel()
            number = store.add_version(
                name,
                "full",
                base=(bundle.name, bundle.version),
                payload=taught.learned.to_bytes(),
                report=taught.report,
                promoted=taught.promoted,
            )
    except OSError as error:
        raise CannotWrite(
            f"the network could not be written ({error.strerror or error}), so no version was stored; expected free "
            "space for some 10 MB. Make room, and teach again."
        ) from error
    log.append("done", version=number, promoted=taught.promoted, reason=taught.report["reason"])


def _end_in_time(log: EventFile, max_s: float) -> threading.Timer:
    """End the process when it is cancelled, or has taken too long. The timer that it returns can be cancelled."""

    def cancelled(number: int, frame: FrameType | None) -> None:
        log.append("cancelled")
        os._exit(KILLED)

    def too_long() -> None:
        log.append(
            "failed", error=_sentence(f"it took more than {max_s:.0f} s", "Teach again when the machine is idle.")
        )
        os._exit(1)

    signal.signal(signal.SIGTERM, cancelled)
    timer = threading.Timer(max_s, too_long)
    timer.daemon = True
    timer.start()
    return timer


def _sentence(why: str, what_to_do: str) -> str:
    return f"the process that learned ended because {why}; expected it to finish. No version was stored. {what_to_do}"


if __name__ == "__main__":
    main(sys.argv[1:])
