"""What is wrong with an input: a fault of one row, or of a whole file, in words that say what to do."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.kernel.terms import REFUSED

VALUE_LENGTH: Final = 200
"""How many characters of a refused value are shown."""


class BadInput(Exception):
    """A whole file that cannot be taken. The message is one line: the file, what is wrong, what to do."""

    def __init__(self, file: str, what: str) -> None:
        """Name the file and say what is wrong with it and how to mend it."""
        self.file, self.what = file, what
        super().__init__(" ".join(f"{file}: {what}".split()))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one row: where it is, the value as received, and what is wrong and how to mend it."""

    line: int
    column: str
    value: str
    reason: str


def shown(value: object) -> str:
    """A value as a refusal shows it: text, cut to 200 characters, readable whatever bytes it holds."""
    if isinstance(value, bytes):
        value = value[: 4 * VALUE_LENGTH].decode("utf-8", "replace")
    text = "" if value is None else str(value)
    return text[:VALUE_LENGTH].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


class Refusals:
    """The file of refused rows (file, line, column, value, reason), appended to; `undo` takes back what was added."""

    def __init__(self, path: Path) -> None:
        """Open the file for more lines; a new one gets its header."""
        self._before = path.stat().st_size if path.exists() else 0
        self._path = path
        self._handle = path.open("a", encoding="utf-8", newline="")
        self._writer = csv.writer(self._handle, lineterminator="\n")
        if not self._before:
            self._writer.writerow(REFUSED)

    def add(self, file: str, faults: Iterable[Fault]) -> None:
        """Write one line for each fault."""
        self._writer.writerows([file, f.line, f.column, shown(f.value), f.reason] for f in faults)

    def close(self) -> None:
        """Make what was written durable for the next reader."""
        self._handle.close()

    def undo(self) -> None:
        """Take back every line that this object added."""
        self._handle.close()
        if self._before:
            os.truncate(self._path, self._before)
        else:
            self._path.unlink(missing_ok=True)


class Noted:
    """Refusals kept in memory, for a few that need no file."""

    def __init__(self) -> None:
        """Begin without any."""
        self.faults: list[Fault] = []

    def add(self, file: str, faults: Iterable[Fault]) -> None:
        """Keep each fault."""
        self.faults += faults
