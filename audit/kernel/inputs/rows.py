"""A batch of rows as received: columns side by side, and where in the file each row begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from audit.kernel.inputs.faults import BadInput, Fault, shown

Lines = npt.NDArray[np.int64]
COLUMNS: Final = 1_000
"""The most columns that a file may have."""
FIELD_BYTES: Final = 1 << 20
"""The most bytes that one field may hold."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as received.

    `columns` are Arrow arrays of one length: text, bytes that should be UTF-8, or whatever a Parquet file holds.
    `lines` says where each row begins: the line as an editor counts it (a header is line 1); in a Parquet file the
    number of the row. `broken` are further rows that could not be told apart into fields, one fault each. `faults`
    are what a mapping already found wrong, by position in this batch. `fixed` is false where rows name their own
    fields, as in JSON: there an absent column is an absent value.
    """

    columns: dict[str, Any]
    lines: Lines
    broken: tuple[Fault, ...] = ()
    faults: tuple[tuple[int, Fault], ...] = ()
    fixed: bool = True

    @property
    def count(self) -> int:
        """How many rows were received, the broken ones too."""
        return len(self.lines) + len(self.broken)


def check_names(names: Sequence[str], file: str) -> list[str]:
    """Column names as a file gives them, outer space removed; one without a name gets its number.

    Refuses none at all, too many, and one given twice.
    """
    names = [name.strip() for name in names]
    if not any(names):
        raise BadInput(file, "has no header: the first line must name the columns")
    if len(names) > COLUMNS:
        raise BadInput(file, f"has {len(names):,} columns: at most {COLUMNS:,}, take out those that are not needed")
    names = [name or f"column {at}" for at, name in enumerate(names, 1)]
    for at, name in enumerate(names):
        if names.index(name) != at:
            raise BadInput(
                file,
                f"the header names the column {shown(name)!r} twice (columns {names.index(name) + 1} and {at + 1}): "
                "remove or rename one",
            )
    return names
