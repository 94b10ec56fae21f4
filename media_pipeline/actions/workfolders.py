"""Private empty folders for attempts, on the disk of the machine that works, and what dead workers left of them.

The owner holds a lock on a file beside the folder for as long as it lives; the kernel lets go of it when the process
dies, however it dies. Who gets the lock of a folder that is not its own has found a dead worker's. The file gets its
name once it is locked: nobody finds one whose owner has not come to lock it yet.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from media_pipeline.limits import ORPHAN_MIN_AGE_S

WORK_PREFIX = "xueshi-work-"


@contextmanager
def work_folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards; what the dead left on this machine goes first, to make room."""
    clear_dead_folders()
    place = Path(tempfile.mkdtemp(prefix=WORK_PREFIX))
    with (place / "holding").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (place / "holding").rename(place / "held")
        try:
            (place / "files").mkdir()
            yield place / "files"
        finally:
            shutil.rmtree(place, ignore_errors=True)


def clear_dead_folders(min_age_s: float = ORPHAN_MIN_AGE_S) -> int:
    """Remove the work folders of dead processes in this machine's temporary folder; how many."""
    cleared = 0
    for place in Path(tempfile.gettempdir()).glob(f"{WORK_PREFIX}*"):
        # A folder that is being made has no such file yet; nobody else's is ours to touch.
        with contextlib.suppress(OSError):
            if place.stat().st_uid == os.getuid() and _is_dead(place, min_age_s):
                shutil.rmtree(place)
                cleared += 1
    return cleared


def _is_dead(place: Path, min_age_s: float) -> bool:
    try:
        with (place / "held").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return time.time() - place.stat().st_mtime > min_age_s
