"""XLSX: the first sheet that holds anything, every cell as text.

A whole number is written without a point, any other as the shortest decimal that Excel's number stands for; a date as
RFC 3339 without a zone, for Excel knows none.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any, Final

import numpy as np
import python_calamine

from audit.intake import packing
from audit.kernel.inputs import BadInput, Rows
from audit.kernel.inputs.jsonlines import column
from audit.kernel.inputs.rows import check_names

BATCH: Final = 16_384
"""How many rows a batch holds."""
DECODED_BYTES: Final = 512 << 20
"""The most bytes that a spreadsheet may unpack to: it is held whole."""


def rows(whole: IO[bytes], file: str) -> Iterator[Rows]:
    """The rows of the first sheet that is not empty, below its first row that is not."""
    _check_size(whole, file)
    try:
        yield from _sheet(whole, file)
    except (
        python_calamine.CalamineError,
        python_calamine.PasswordError,
        python_calamine.ZipError,
        python_calamine.XmlError,
        OSError,
    ) as error:
        raise BadInput(file, f"is no XLSX that can be read ({error}): save it again as .xlsx") from None


def _check_size(whole: IO[bytes], file: str) -> None:
    try:
        with zipfile.ZipFile(whole) as archive:
            size = sum(info.file_size for info in archive.infolist())
            known = packing.SPREADSHEET in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadInput(file, f"is no XLSX that can be read ({error}): save it again as .xlsx") from None
    if size > DECODED_BYTES:
        raise BadInput(file, f"unpacks to more than {DECODED_BYTES:,} bytes: save it as CSV")
    if not known:
        raise BadInput(file, "is packed twice, or no XLSX: pack it once, or save it again as .xlsx")
    whole.seek(0)


def _sheet(whole: IO[bytes], file: str) -> Iterator[Rows]:
    book = python_calamine.CalamineWorkbook.from_filelike(whole)
    for name in book.sheet_names:
        numbered = (
            (line, row) for line, row in enumerate(book.get_sheet_by_name(name).iter_rows(), 1) if any(map(_text, row))
        )
        header = next(numbered, None)
        if header is not None:
            names = check_names([_text(cell) or "" for cell in header[1]], file)
            yield from _batches(numbered, names)
            return
    raise BadInput(file, "has no sheet with anything on it: fill the first sheet")


def _batches(numbered: Iterator[tuple[int, list[Any]]], names: list[str]) -> Iterator[Rows]:
    found: list[tuple[int, list[Any]]] = []
    for item in numbered:
        found.append(item)
        if len(found) == BATCH:
            yield _rows(found, names)
            found = []
    yield _rows(found, names)


def _rows(found: list[tuple[int, list[Any]]], names: list[str]) -> Rows:
    columns = {name: column([_text(row[at]) for _, row in found]) for at, name in enumerate(names)}
    return Rows(columns, np.array([line for line, _ in found], np.int64))


def _text(cell: Any) -> str | None:
    """A cell as text, None if it is empty."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)
