"""What leaves a run: verdicts and testimony in their order, range by range, the leaves, what adds to the totals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.kernel import ledger
from audit.kernel.bench import Bench, statement
from audit.kernel.ranges import in_order
from audit.kernel.records import leaves as row_bytes
from audit.kernel.records.columns import NONE
from audit.kernel.records.compiled import chosen, fit
from audit.kernel.records.reading import texts, whole
from audit.kernel.records.texts import Numbers, Texts
from audit.kernel.terms import MEANINGS, Reason

GROUP: Final = 122_880
"""How many rows a row group holds."""
_REASONS: Final = list(Reason)
_MEANINGS: Final = [MEANINGS[reason] for reason in _REASONS]
_TAINTED: Final = _REASONS.index(Reason.TAINTED)
_SUPPORTED: Final = _REASONS.index(Reason.SUPPORTED)
VERDICTS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("vendor", "claim_id")),
        *((name, pa.int64()) for name in ("revision", "row")),
        *((name, pa.dictionary(pa.int8(), pa.string())) for name in ("state", "reason", "class")),
        ("rank", pa.int32()),
        ("event_system", pa.dictionary(pa.int32(), pa.string())),
        *((name, pa.string()) for name in ("event_id", "repeat_of", "undone_by", "tainted_by")),
        ("provisional", pa.bool_()),
        *((name, pa.int64()) for name in ("units", "charge_micros")),
    ]
)
TESTIMONY: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("vendor", "claim_id")),
        ("system", pa.dictionary(pa.int32(), pa.string())),
        ("grade", pa.string()),
        ("word", pa.dictionary(pa.int8(), pa.string())),
        ("rank", pa.int32()),
        ("event_id", pa.string()),
    ]
)
_REPEATING: Final = [
    *(
        "vendor",
        "revision",
        "row",
        "state",
        "reason",
        "class",
        "rank",
        "event_system",
        "repeat_of",
        "provisional",
        "units",
    ),
    *("charge_micros", "system", "grade", "word"),
]


class Tainted(NamedTuple):
    """The claims that are tainted, in the order of their numbers, and the claim id of the ancestor of each."""

    claim: Numbers
    ancestor_id: Any


class File:
    """A Parquet file that rows are written to in their order."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Begin it."""
        dictionaries = [name for name in schema.names if name in _REPEATING]
        self._writer = pq.ParquetWriter(
            path, schema, compression="zstd", compression_level=1, use_dictionary=dictionaries, store_schema=False
        )

    def add(self, rows: pa.Table) -> None:
        """Append rows."""
        self._writer.write_table(rows, row_group_size=GROUP)

    def close(self) -> None:
        """End it."""
        self._writer.close()


def spoil(said: pa.Table, tainted: Tainted) -> pa.Table:
    """The rows with the reason of those that are tainted, and by whom (`tainted_by`)."""
    claim = np.asarray(said["claim"])
    place = np.searchsorted(tainted.claim, claim).clip(max=max(len(tainted.claim) - 1, 0))
    is_hit = tainted.claim[place] == claim if len(tainted.claim) else np.zeros(len(claim), np.bool_)
    codes = np.where(is_hit, np.int8(_TAINTED), np.asarray(whole(said["reason"]).indices))
    reason = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(_REASONS, pa.string()))
    ancestor = tainted.ancestor_id.take(pa.array(place, mask=~is_hit))
    at = said.schema.get_field_index("reason")
    return said.set_column(at, "reason", reason).append_column("tainted_by", ancestor)


def verdicts(said: pa.Table, systems: Sequence[str]) -> pa.Table:
    """The verdicts on some claim rows, whose taint is told, in the order of the row root."""
    rows = said.take(pa.array(in_order(said, "revision", "row")))
    reason = whole(rows["reason"])
    codes = np.asarray(reason.indices)
    told = {name: rows[name] for name in VERDICTS.names if name in rows.column_names}
    told["state"] = _by_reason(codes, [str(meaning.state) for meaning in _MEANINGS])
    told["class"] = _by_reason(codes, [meaning.klass for meaning in _MEANINGS])
    told["event_system"] = _systems(rows["witness"], systems)
    told["provisional"] = pa.array(np.asarray(rows["is_provisional"].fill_null(False)) & (codes == _SUPPORTED))
    return pa.table({name: told[name] for name in VERDICTS.names}).cast(VERDICTS)


def testimony(rows: pa.Table, systems: Sequence[str]) -> pa.Table:
    """The words on some claims in their order."""
    rows = rows.take(pa.array(in_order(rows, "witness")))
    told = {name: rows[name] for name in TESTIMONY.names if name in rows.column_names}
    told["system"] = _systems(rows["witness"], systems)
    return pa.table({name: told[name] for name in TESTIMONY.names}).cast(TESTIMONY)


def _by_reason(codes: Any, texts: Sequence[str | None]) -> Any:
    """What is said by the reason, as a dictionary of few texts."""
    known = sorted({text for text in texts if text is not None})
    places = np.array([NONE if text is None else known.index(text) for text in texts], np.int8)[codes]
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=places == NONE), pa.array(known, pa.string()))


def _systems(witness: Any, systems: Sequence[str]) -> Any:
    return pa.DictionaryArray.from_arrays(
        pc.subtract(whole(witness), 1).cast(pa.int32()), pa.array(systems, pa.string())
    )


def leaves(rows: pa.Table) -> bytes:
    """The leaf hashes of verdict rows, one after the other."""
    count, columns = rows.num_rows, _columns(rows)
    width = sum(_width(column) for column in columns)
    size = sum(len(column.data) for column in columns if isinstance(column, Texts))
    data, starts = np.empty(size + width * count, np.uint8), np.empty(count + 1, np.int64)
    chosen(row_bytes, count).write_rows(fit(columns, count), data, starts)
    return ledger.hashes(data[: starts[-1]], starts, ledger.LEAF)


def _columns(rows: pa.Table) -> row_bytes.Columns:
    """The columns of verdict rows as their bytes are written."""
    told: dict[str, Any] = {}
    for field in rows.schema:
        column = whole(rows[field.name])
        if field.name == "vendor" or pa.types.is_dictionary(field.type) or pa.types.is_boolean(field.type):
            told[field.name] = _coded(column)
        elif pa.types.is_integer(field.type):
            known = np.asarray(column.is_valid())
            told[field.name] = row_bytes.Whole(np.asarray(column.fill_null(0)).astype(np.int64), known)
        else:
            told[field.name] = texts(column)
    told["klass"] = told.pop("class")
    return row_bytes.Columns(**told)


def _coded(column: Any) -> row_bytes.Coded:
    """A column of few values; its pieces are as `ledger.row_bytes` writes them, that of null is the last."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    pieces = [ledger.row_bytes([value]).decode() for value in [*encoded.dictionary.to_pylist(), None]]
    codes = np.asarray(encoded.indices.fill_null(len(pieces) - 1)).astype(np.int64)
    return row_bytes.Coded(codes, texts(pa.array(pieces, pa.string())))


def _width(column: Any) -> int:
    """The most bytes that a column takes in a row, the bytes of a text aside."""
    if isinstance(column, row_bytes.Coded):
        return int(np.diff(column.pieces.starts).max())
    return row_bytes.NUMBER_BYTES if isinstance(column, row_bytes.Whole) else row_bytes.LENGTH_BYTES


def tally(table: Bench, rows: pa.Table) -> pa.Table:
    """What claim rows whose taint is told add to the totals."""
    table.show("said", rows)
    return table.arrow(statement("steps", "tally"))
