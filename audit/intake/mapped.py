"""Mapped rows: a source's columns as canonical fields, with values, times and charges as its mapping reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from audit.intake import buckets
from audit.intake.mapping import CHARGE, Mapping
from audit.intake.times import epoch, pattern
from audit.kernel.inputs import BadInput, Fault, Rows
from audit.kernel.inputs import fields as kernel_fields
from audit.kernel.inputs.faults import shown
from audit.kernel.terms import CHARGED, TAKEN, Column

_EXACT: Final = ("text", "effect")

Faults = list[tuple[int, Fault]]


def mapped(kind: str, batches: Iterable[Rows], mapping: Mapping, file: str) -> Iterator[Rows]:
    """Batches with canonical columns. Columns that the mapping does not read stay, so that they are reported.

    Raises BadInput where a file has not a column that the mapping reads (but JSON, where rows name their own fields).
    """
    for rows in batches:
        if rows.fixed:
            _check(rows, mapping, file)
        yield _mapped(kind, rows, mapping)


def _check(rows: Rows, mapping: Mapping, file: str) -> None:
    missing = sorted({name for name in mapping.wanted() if name not in rows.columns})
    if missing:
        have = ", ".join(shown(name) for name in list(rows.columns)[:8])
        raise BadInput(file, f"has no column {', '.join(missing)} (it has {have} …): change the mapping or the file")


def _mapped(kind: str, rows: Rows, mapping: Mapping) -> Rows:
    count = len(rows.lines)
    columns: dict[str, Any] = {}
    faults: Faults = []
    for column in TAKEN[kind]:
        values = _received(rows, mapping, column.name, count)
        if values is not None:
            columns[column.name] = _read(column, values, mapping, rows, faults)
    if mapping.grain and "period_start" in columns:
        columns["period_end"] = _ends(columns["period_start"], mapping, rows, faults)
    if kind in CHARGED:
        _charge(columns, rows, mapping, count)
    if "effect" in {c.name for c in TAKEN[kind]} and (mapping.effect_columns or mapping.effect_pair):
        columns["effect"] = _effects(rows, mapping, count)
    used = set(mapping.wanted())
    spare = {name: values for name, values in rows.columns.items() if name not in used and name not in columns}
    known = {column.name for column in TAKEN[kind]} | {CHARGE}
    unread = {f"{name} (not mapped)" if name in known else name: values for name, values in spare.items()}
    return Rows({**columns, **unread}, rows.lines, rows.broken, (*rows.faults, *faults), rows.fixed)


def _received(rows: Rows, mapping: Mapping, name: str, count: int) -> Any | None:
    """The column that the mapping gives a field, or its constant, or None."""
    if name in mapping.columns:
        values = rows.columns.get(mapping.columns[name])
        return pa.nulls(count, pa.string()) if values is None else values
    said = mapping.constants.get(name)
    if said is None and name == "currency":
        said = mapping.currency
    return None if said is None else pa.repeat(pa.scalar(said), count)


def _read(column: Column, values: Any, mapping: Mapping, rows: Rows, faults: Faults) -> Any:
    """A column's values as the mapping reads them; what does not go is left for the kernel to refuse."""
    if column.kind == "instant" and pa.types.is_date(values.type):
        return pc.cast(values, pa.timestamp("us"))
    if not _is_text(values.type) and not (mapping.epoch and column.kind == "instant"):
        return values
    texts, wrong = kernel_fields.texts(values)
    called = mapping.columns.get(column.name, column.name)
    faults += [(w.at, Fault(int(rows.lines[w.at]), called, shown(w.value), w.reason)) for w in wrong]
    if column.kind not in _EXACT:
        texts = pc.utf8_trim_whitespace(texts)
    if meant := mapping.values.get(column.name):
        texts = _meant(texts, meant)
    if column.kind == "instant":
        return _times(texts, mapping, called, rows, faults)
    prefix = mapping.prefixes.get(column.name)
    return pc.binary_join_element_wise(pa.scalar(prefix), texts, "") if prefix else texts


def _meant(texts: Any, meant: dict[str, str]) -> Any:
    """Values as the mapping translates them."""
    folded = {" ".join(name.split()).casefold(): value or None for name, value in meant.items()}

    def one(text: str) -> str | None:
        return folded.get(" ".join(text.split()).casefold(), text)

    return _by_value(texts, one)


def _times(texts: Any, mapping: Mapping, called: str, rows: Rows, faults: Faults) -> Any:
    """Times as RFC 3339 where a pattern or a unit says how to read them."""
    if not mapping.epoch and not mapping.date_pattern:
        return texts
    read = epoch(mapping.epoch) if mapping.epoch else pattern(str(mapping.date_pattern))
    refused: dict[str, str] = {}

    def one(text: str) -> str | None:
        try:
            return read(text)
        except ValueError as error:
            refused[text] = str(error)
            return None

    found = _by_value(texts, one)
    _refuse(texts, refused, called, rows, faults)
    return found


def _ends(starts: Any, mapping: Mapping, rows: Rows, faults: Faults) -> Any:
    """Where the buckets end that begin at these times."""
    called = mapping.columns.get("period_start", "period_start")
    texts, refused = pc.cast(starts, pa.string()), dict[str, str]()

    def one(text: str) -> str | None:
        try:
            return buckets.end(text, str(mapping.grain), mapping.time_zone)
        except ValueError as error:
            refused[text] = str(error)
            return None

    found = _by_value(texts, one)
    _refuse(texts, refused, called, rows, faults)
    return found


def _refuse(texts: Any, refused: dict[str, str], called: str, rows: Rows, faults: Faults) -> None:
    """Note the rows whose text was refused, with the reason."""
    for at in kernel_fields.positions(pc.is_in(texts, pa.array(list(refused), pa.string()))) if refused else ():
        text = texts[at].as_py()
        faults.append((at, Fault(int(rows.lines[at]), called, shown(text), refused[text])))


def _charge(columns: dict[str, Any], rows: Rows, mapping: Mapping, count: int) -> None:
    """The charge of each row: its column, or price times units where the mapping has a price and no column."""
    stated = _received(rows, mapping, CHARGE, count)
    if stated is not None:
        columns[CHARGE] = stated
    elif mapping.price is not None and "charge_micros" not in columns:
        price = int(Decimal(mapping.price) * 1_000_000)
        units = columns.get("units")
        one = str(price)
        if units is None:
            columns["charge_micros"] = pa.repeat(pa.scalar(one), count)
        else:
            texts = pc.fill_null(kernel_fields.texts(units)[0], "1")
            columns["charge_micros"] = _by_value(texts, lambda text: str(price * int(text)) if _counts(text) else None)


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _effects(rows: Rows, mapping: Mapping, count: int) -> Any:
    """The effect of each row as JSON, from the columns that hold its fields."""
    fields: list[tuple[str | list[Any], list[Any]]] = [
        (name, _texts(rows, column, count)) for name, column in mapping.effect_columns.items()
    ]
    if mapping.effect_pair:
        names, values = (_texts(rows, column, count) for column in mapping.effect_pair)
        fields.append((names, values))
    return pa.array([_effect(fields, at) for at in range(count)], pa.string())


def _effect(fields: list[tuple[str | list[Any], list[Any]]], at: int) -> str | None:
    found = {
        name if isinstance(name, str) else name[at]: values[at]
        for name, values in fields
        if isinstance(name, str) or name[at]
    }
    said = {name: value for name, value in found.items() if value is not None or len(fields) == 1}
    return json.dumps(said) if said else None


def _texts(rows: Rows, column: str, count: int) -> list[Any]:
    values = rows.columns.get(column)
    texts: list[Any] = [None] * count if values is None else kernel_fields.texts(values)[0].to_pylist()
    return texts


def _by_value(texts: Any, make: Callable[[str], str | None]) -> Any:
    """A new text for each distinct one."""
    coded = pc.dictionary_encode(texts)
    made = [make(text) for text in coded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(coded.indices)


def _is_text(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_dictionary(kind)
    )
