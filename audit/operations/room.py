"""Room on the disks: where there is none, whoever asks is told to come again, and work waits without failing."""

from __future__ import annotations

import errno

from django.conf import settings

from audit.operations.faults import Busy
from audit.vault import files

WAIT_SECONDS = 30
FULL = "The disk is full: nothing was kept, send it again later."
WAITS = "The disk is full: this waits for room and goes on by itself. Make room where the portal keeps its files."
POSTGRES = "53100"  # disk_full
ENGINE = ("IOException", "OutOfMemoryException")  # which say it in words only
WORDS = ("No space left on device", "Disk quota exceeded", "max_temp_directory_size")


def check() -> None:
    """Raise Busy where so little is left that nothing more should be taken."""
    if files.free_bytes() < settings.DISK_FREE_MIN:
        raise Busy("The disk is nearly full: nothing was kept, send it again later.", WAIT_SECONDS)


def is_out(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that there is no room: a file's, the engine's, PostgreSQL's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if getattr(error, "sqlstate", None) == POSTGRES:
            return True
        if type(error).__name__ in ENGINE and any(words in str(error) for words in WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False
