"""Failpoints: a folder of files says at which point the next process dies, and at which passing.

Where no disk can be made full, a marker there lets every point say that it is.
"""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from tests.faults.disks import MARKER


@dataclass(frozen=True)
class Points:
    """A point is armed by as many files as it is to be passed; who removes the last of them dies, one process only."""

    folder: Path

    def arm(self, point: str, passings: int) -> None:
        """Let the process die that passes the point as the n-th from now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number in range(passings, 0, -1):  # the last one first: it must be there when others are taken
            (self.folder / f"{point}-{number}").touch()

    def disarm(self, point: str) -> bool:
        """Whether nobody died of it yet; from now on nobody will."""
        left = list(self.folder.glob(f"{point}-*"))
        for path in left:
            path.unlink(missing_ok=True)
        return bool(left)

    def armed(self, point: str) -> bool:
        """Whether somebody is still to die of it."""
        return any(self.folder.glob(f"{point}-*"))

    def die_where_armed(self, point: str) -> None:
        """Count a passing, and die of the last one. Raises OSError while the disk is said to be full."""
        if (self.folder / MARKER).exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        for path in sorted(self.folder.glob(f"{point}-*")):
            try:
                path.unlink()
            except FileNotFoundError:
                continue  # another process passed at the same moment
            if not self.armed(point):
                os.kill(os.getpid(), signal.SIGKILL)
            return
