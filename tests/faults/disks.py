"""Disks that become full: file systems in memory whose size is set to what they hold, and back.

Where mounting is not permitted a folder stands for the disk: a marker in it lets every point that a process passes
raise what a full disk raises.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

SIZE = 8 << 30  # bytes at most; what is not written takes no memory
MARKER = "full"
SECONDS = 10  # the longest until a disk that others write to is seen full


class Disk:
    """One disk, mounted at an empty folder."""

    def __init__(self, place: Path, points: Path) -> None:
        self.place, self.marker = place, points / MARKER
        place.mkdir(parents=True, exist_ok=True)
        self.mounted = _mount(place, f"size={SIZE},mode=0755")

    def fill(self) -> None:
        """Leave no room on it. Raises TimeoutError."""
        deadline = time.monotonic() + SECONDS
        while self.mounted and not _mount(self.place, f"remount,size={self._used()}"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.place} was never full")
        if not self.mounted:
            self.marker.parent.mkdir(parents=True, exist_ok=True)
            self.marker.touch()

    def clear(self) -> None:
        """Let there be room again."""
        if self.mounted:
            _mount(self.place, f"remount,size={SIZE}")
        self.marker.unlink(missing_ok=True)

    def release(self) -> None:
        """Take it away with all that it holds; processes that still use it keep it until they end."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.place)], check=False)

    def _used(self) -> int:
        found = os.statvfs(self.place)
        return (found.f_blocks - found.f_bfree) * found.f_frsize


def _mount(place: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        return False
