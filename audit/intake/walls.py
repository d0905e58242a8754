"""Walls: what a process may use, and that it may reach nothing but files. Put up from inside, never taken down."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

_NO_NEW_PRIVILEGES: Final = 38  # PR_SET_NO_NEW_PRIVS of prctl(2)
_NEW_USER: Final = 0x10000000  # CLONE_NEWUSER and CLONE_NEWNET of unshare(2)
_NEW_NETWORK: Final = 0x40000000
_CLOSED: Final = ("socket.", "subprocess.", "os.exec", "os.fork", "os.kill", "os.posix_spawn", "os.spawn", "os.system")
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading may use: seconds on the clock, bytes of memory, bytes of one written file, open files.

    What can be limited is address space: so much more than a process begins with, of which some 100 MiB are resident.
    With the 900 MiB that are standard it never holds 1 GiB.
    """

    seconds: float = 50
    memory_bytes: int = 900 << 20
    file_bytes: int = 20 << 30
    open_files: int = 256

    def whole(self, path: Path) -> Limits:
        """The limits for reading all of a file: two seconds more for each MiB, for honest files are long, bombs short.

        Plain text is read at some 25 MiB a second; a packed file, or Parquet, may unpack to some ten times its size.
        """
        return replace(self, seconds=self.seconds + path.stat().st_size / (1 << 19))


def put_up(limits: Limits) -> None:
    """Limit this process and all that it may start: for good, whatever it does later.

    The clock is its keeper's business; the limit on processor time stands behind it, should the keeper be gone.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, int(limits.seconds) + 2)
    _limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_AS, _address_space() + limits.memory_bytes)
    _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    cut_off()
    sys.addaudithook(_refuse)


def cut_off() -> bool:
    """Leave the network: into a namespace that has none. False where the system does not permit it.

    A new user namespace, which needs no privilege, comes with it and drops whatever privilege there was.
    """
    return any(_LIBC.unshare(flags) == 0 for flags in (_NEW_USER | _NEW_NETWORK, _NEW_NETWORK))


def _address_space() -> int:
    """How many bytes of address space this process has now."""
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    """No sockets, no other programs: holds for Python alone, native code that was taken over does not ask."""
    if event.startswith(_CLOSED):
        raise PermissionError(f"{event} is closed to whoever reads a file (process {os.getpid()})")
