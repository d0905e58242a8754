"""Inside a cell: the functions of intake with arguments and answers that JSON can hold.

The folder at hand is the cell's own; what is to be kept is written there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from audit.intake import previews, taking
from audit.intake.formats import Format
from audit.intake.mapping import Mapping

ROWS: Final = "rows.parquet"
REFUSED: Final = "refused.csv"


def take_file(
    path: str, file_name: str, kind: str, mapping: dict[str, Any], constants: dict[str, str]
) -> dict[str, Any]:
    """As `taking.take_file`; canonical rows and refusals are `ROWS` and `REFUSED` of the folder at hand."""
    taken = taking.take_file(
        Path(path), file_name, kind, Mapping.from_json(mapping), Path(ROWS), Path(REFUSED), constants=constants
    )
    return taken.to_json()


def preview(
    path: str, file_name: str, kind: str, mapping: dict[str, Any] | None, rows: int, context: dict[str, str]
) -> dict[str, Any]:
    """As `previews.preview`."""
    given = None if mapping is None else Mapping.from_json(mapping)
    return previews.preview(Path(path), file_name, kind, given, rows=rows, context=context).to_json()


def line(path: str, file_name: str, number: int, form: dict[str, str] | None) -> dict[str, str] | None:
    """As `taking.line`."""
    return taking.line(Path(path), file_name, number, None if form is None else Format(**form))
