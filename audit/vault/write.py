"""Lines of a run as a file for people and machines. Every line that the filter lets through, never fewer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from audit.vault.bench import connect

SHEET_ROWS = 1_048_575  # Excel's limit less the header; more lines go to further sheets
FORMULA = r"^[=+\-@\t\r]"  # a spreadsheet would run a cell that begins so


def write_lines(
    lines: Path, columns: Sequence[str], where: str, parameters: list[Any], order: Sequence[str], form: str, out: Path
) -> int:
    """Write the lines that `where` lets through to `out` in `form` (csv, xlsx, ndjson, parquet); return how many."""
    names = ", ".join(f'"{name}"' for name in columns)
    query = f"select {names} from read_parquet(?) where {where} order by {', '.join(order)}"
    given = [str(lines), *parameters]
    with connect(lines.parent, out.parent) as connection:
        if form == "xlsx":
            return _write_xlsx(connection.execute(query, given), columns, out)
        options = {
            "parquet": "format parquet, compression zstd",
            "ndjson": "format json, timestampformat '%Y-%m-%dT%H:%M:%S.%fZ'",
            "csv": "format csv, header true, timestampformat '%Y-%m-%dT%H:%M:%S.%fZ'",
        }[form]
        if form == "csv":
            safe = ", ".join(_unrunnable(name) for name in columns)
            query = f"select {safe} from ({query})"
        target = str(out).replace("'", "''")
        row = connection.execute(f"copy ({query}) to '{target}' ({options})", given).fetchone()
        return int(row[0]) if row else 0


def _unrunnable(name: str) -> str:
    quoted = f'"{name}"'
    return (
        f"case when typeof({quoted}) = 'VARCHAR' and regexp_matches({quoted}::varchar, '{FORMULA}') "
        f"then '''' || {quoted}::varchar else {_plain(name)} end as {quoted}"
    )


def _plain(name: str) -> str:
    if name.endswith("_at"):
        return f"strftime(\"{name}\" at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f'"{name}"::varchar'


def _write_xlsx(result: Any, columns: Sequence[str], out: Path) -> int:
    book = xlsxwriter.Workbook(
        str(out), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    head, count, sheet = book.add_format({"bold": True}), 0, None
    while rows := result.fetchmany(10_000):
        for row in rows:
            place = count % SHEET_ROWS
            if place == 0:
                sheet = _new_sheet(book, columns, head)
            assert sheet is not None
            for position, value in enumerate(row):
                _write_cell(sheet, place + 1, position, value)
            count += 1
    if sheet is None:
        _new_sheet(book, columns, head)
    book.close()
    return count


def _new_sheet(book: Any, columns: Sequence[str], head: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, columns, head)
    sheet.freeze_panes(1, 0)
    return sheet


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    """Text stays text; numbers that a spreadsheet's floating point would change are written as text."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int) and abs(value) <= 2**53:
        sheet.write_number(row, column, value)
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
        sheet.write_string(row, column, "'" + text if text[:1] in "=+-@\t\r" and text else text)
