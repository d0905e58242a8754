"""Files of the vault that are missing or damaged: told from whatever error their reader met."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from audit.intake.cell import CellFailed
from audit.vault import files

READING = (duckdb.Error, pa.ArrowException, OSError, CellFailed, csv.Error, UnicodeError)
"""What readers raise where a file is not what it was."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A file that cannot be read. damaged: it is there, but its bytes are not those that its name was made of."""

    key: str
    damaged: bool

    def __str__(self) -> str:
        fault = "is damaged: its bytes are not those that were kept" if self.damaged else "is missing"
        return (
            f"A file that was kept {fault}: {self.key} in the vault. Asking for it changed nothing. Tell whoever "
            "runs this portal: put it back from a backup under the same name, which is the SHA-256 of its bytes."
        )


class Damaged(OSError):
    """A file was asked for whose bytes are not those that were kept."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the file {key} is damaged")
        self.key = key


@contextmanager
def noted() -> Iterator[None]:
    """Note which files are asked for inside, for `found`."""
    token = files.asked.set([])
    try:
        yield
    finally:
        files.asked.reset(token)


def found(error: BaseException | None) -> Lost | None:
    """The file that was asked for inside `noted` and is the cause of an error; None where it has another cause."""
    if isinstance(error, files.Missing):
        return Lost(error.key, damaged=False)
    if isinstance(error, Damaged):
        return Lost(error.key, damaged=True)
    if not isinstance(error, READING):
        return None
    keys = dict.fromkeys(files.asked.get() or ())
    return next((lost for key in keys if (lost := _checked(key))), None)


def _checked(key: str) -> Lost | None:
    try:
        return None if is_whole(files.local(key)) else Lost(key, damaged=True)
    except files.Missing:
        return Lost(key, damaged=False)


def is_whole(path: Path) -> bool:
    """Whether a file's bytes are those that its name was made of."""
    return files.digest(path)[0] == path.name.partition(".")[0]
