"""Parquet: the columns as they are stored, and the fields of structs by their path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.inputs import Rows
from audit.kernel.inputs.parquet import read


def rows(whole: Any, file: str, wanted: Iterable[str], cap: int) -> Iterator[Rows]:
    """The rows of an open Parquet file; `wanted` are paths with dots to have as columns too.

    `cap` is the most bytes that the file may unpack to.
    """
    paths = [path for path in wanted if "." in path]
    for batch in read(whole, file, cap):
        more = {path: found for path in paths if (found := _at(batch.columns, path)) is not None}
        yield Rows({**more, **batch.columns}, batch.lines, batch.broken)


def _at(columns: dict[str, Any], path: str) -> Any | None:
    """The field of a struct column, or None if there is no such path."""
    name, *rest = path.split(".")
    values = columns.get(name)
    for part in rest:
        if values is None or not pa.types.is_struct(values.type) or values.type.get_field_index(part) < 0:
            return None
        values = pc.struct_field(values, part)
    return values
