"""The process that trains a network for a hand: python -m inkling.training.hand_worker NAME BUNDLE EVENTS SECONDS

`inkling.hands.full_job` starts it and documents the events that it appends to the file EVENTS. It uses the store in
INKLING_STORE. The process runs at low priority and ends after at most SECONDS. It stores the version in one
transaction; until then it can be killed safely.
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
    """Runs the command and writes its outcome to the events file."""
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
        log.append("failed", error=_sentence("it ran out of memory", "Free memory, then teach again."))
    except Exception as error:  # top level of the process
        traceback.print_exc()
        where = Path(events).with_name("log.txt")
        log.append("failed", error=_sentence(f"of an unexpected error ({type(error).__name__})", f"See {where}."))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # everything is on disk; TensorFlow's shutdown can take seconds while other jobs wait for the lock


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
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # too late to cancel
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
    """End the process when it is canceled or runs for more than `max_s` seconds. Returns the timer, to cancel it."""

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
    return f"the training process ended because {why}; expected it to finish. No version was stored. {what_to_do}"


if __name__ == "__main__":
    main(sys.argv[1:])
