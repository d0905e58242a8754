"""A file as a source of rows: its format, its packing and its reader put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from audit.intake import delimited, encodings, jsonarray, jsonlines, packing, parquet, xlsx
from audit.intake.formats import Format
from audit.kernel.inputs import BadInput, Rows, fields
from audit.kernel.inputs.jsonlines import BATCH

NO_ROWS: Final = "has a header and no rows: send the file again with rows"


@contextmanager
def opened(
    path: Path, file: str, form: Format, wanted: Iterable[str] = (), batch: int = BATCH
) -> Iterator[Iterator[Rows]]:
    """The rows of a file as received, in batches; `wanted` are columns by paths with dots. Raises BadInput."""
    if form.kind in ("parquet", "xlsx"):
        with packing.whole(path, form.packing, file) as handle:
            if form.kind == "parquet":
                yield parquet.rows(handle, file, wanted, packing.cap_of(path))
            else:
                yield xlsx.rows(handle, file)
        return
    with packing.unpacked(path, form.packing, file) as stream:
        text = encodings.utf8(stream, form.encoding)
        if form.kind == "csv":
            yield delimited.rows(text, file, form.delimiter)
        else:
            reader = jsonlines.rows if form.kind == "jsonl" else jsonarray.rows
            yield reader(text, file, wanted, batch)


def with_rows(batches: Iterable[Rows], file: str) -> Iterator[Rows]:
    """The same batches; raises BadInput at the end if they held no row."""
    count = 0
    for rows in batches:
        count += rows.count
        yield rows
    if not count:
        raise BadInput(file, NO_ROWS)


def raw(rows: Rows, start: int, stop: int) -> list[dict[str, str]]:
    """Some rows as received: column -> text, empty where there is none."""
    columns = [_shown(values[start:stop]) for values in rows.columns.values()]
    return [dict(zip(rows.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _shown(values: Any) -> list[str]:
    texts, wrong = fields.texts(values)
    found = [text or "" for text in texts.to_pylist()]
    for item in wrong:
        value = item.value
        found[item.at] = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return found
