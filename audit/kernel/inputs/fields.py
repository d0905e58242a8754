"""Fields: one column as received becomes one column of the canonical type, and what will not go is named.

Whole columns are converted at once; only values that will not go are looked at one by one. Nothing is guessed and
nothing is rounded: a value that is not exactly of the kind is refused with what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel import effects
from audit.kernel.inputs import instants
from audit.kernel.inputs.rows import FIELD_BYTES
from audit.kernel.terms import GRADES, OUTCOMES, STATUSES, Column

INSTANT: Final = pa.timestamp("us", "UTC")
TYPES: Final = {"integer": pa.int64(), "whole": pa.int64(), "boolean": pa.bool_(), "instant": INSTANT}
"""The Arrow type of each kind of column; every other kind is a string."""
LIST: Final = {"grade": tuple(GRADES), "outcome": OUTCOMES, "status": STATUSES}
WIDE: Final = 1 << 30
"""The most bytes that one column of a batch may take."""
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_INTEGER: Final = re.compile(r"-?[0-9]+")
_ZEROS: Final = re.compile(r"(?<=[0-9])\.0+$")
_MONEY: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,6})0*)?")
_INT64: Final = 1 << 63
_FEW: Final = 16
"""So few values are looked at one by one sooner than the engine is asked about all of them."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that will not go: its position in the batch, the value, and what is wrong and how to mend it."""

    at: int
    value: object
    reason: str


Found = tuple[Any, list[Wrong]]


def convert(column: Column, values: Any, time_zone: str | None, bounds: instants.Bounds) -> Found:
    """One column as the canonical type, null where the value is empty or wrong; and the wrong ones.

    Empty and null are the default. `time_zone` is the IANA zone of times without one, or None to refuse them.
    """
    values = _spelled_out(values)
    if _is_plain_text(values.type):
        values, wrong = _clean(values)
    else:
        values, wrong = _typed(column, values)
    if column.required:
        wrong += _missing(column, values, wrong)
    answer, more = _converted(column, values, time_zone, bounds)
    if column.default is not None:
        answer = pc.fill_null(answer, pa.scalar(column.default, answer.type))
    return answer, wrong + more


def absent(column: Column, count: int) -> Any:
    """A column that was not received: its default in every row."""
    kind = TYPES.get(column.kind, pa.string())
    return pa.nulls(count, kind) if column.default is None else pa.repeat(pa.scalar(column.default, kind), count)


def texts(values: Any) -> Found:
    """A column of whatever type as text, null where it is empty or wrong; and the wrong ones."""
    values = _spelled_out(values)
    return _clean(values if _is_plain_text(values.type) else _as_text(values))


def micros(values: Any) -> Found:
    """Plain decimals with at most six places as millionths."""
    values, wrong = texts(values)
    answer, more = _by_value(values, _micros, pa.int64())
    return answer, wrong + more


def _converted(column: Column, values: Any, time_zone: str | None, bounds: instants.Bounds) -> Found:
    if column.kind == "integer":
        answer, wrong = _integers(values)
        return answer, wrong + _too_small(column, answer)
    if column.kind == "whole":
        return (values, []) if pa.types.is_integer(values.type) else _by_value(values, _whole, pa.int64())
    if column.kind == "instant":
        answer, pairs = instants.convert(values, time_zone, bounds)
        return answer, [Wrong(at, _seen(values[at]), reason) for at, reason in pairs]
    if column.kind == "boolean":
        return (values, []) if pa.types.is_boolean(values.type) else _by_value(values, _boolean, pa.bool_())
    if column.kind == "effect":
        return _by_value(values, effects.canonical, pa.string())
    if column.kind in LIST:
        return _listed(values, LIST[column.kind])
    return values, []


def _seen(value: Any) -> object:
    """A refused value; a timestamp as its text, for Python has none so fine."""
    return (pc.cast(value, pa.string()) if pa.types.is_timestamp(value.type) else value).as_py()


# text


def _spelled_out(values: Any) -> Any:
    """A column without its dictionary. Raises MemoryError where that makes very much of very little."""
    if not pa.types.is_dictionary(values.type):
        return values
    if _is_plain_text(values.type.value_type):
        lengths = pc.binary_length(values.dictionary).take(values.indices)
        if (pc.sum(lengths).as_py() or 0) > WIDE:
            raise MemoryError
    return values.dictionary_decode()


def _is_plain_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _clean(values: Any) -> Found:
    """Bytes or text as text: empty is null; bytes that are no UTF-8, U+0000 and too long texts are refused."""
    wrong: list[Wrong] = []
    if pa.types.is_binary(values.type):
        values, wrong = _decoded(values)
    if len(values) <= _FEW and all(map(_is_clean, values.to_pylist())):
        return values, wrong
    lengths = pc.binary_length(values)
    shortest, longest = pc.min_max(lengths).as_py().values()
    if shortest == 0:
        values = pc.if_else(pc.equal(lengths, 0), pa.scalar(None, pa.string()), values)
    if longest is not None and longest > FIELD_BYTES:
        too_long = f"is longer than {FIELD_BYTES:,} bytes: shorten it"
        values = _refuse(values, pc.greater(lengths, FIELD_BYTES), too_long, wrong)
    if _holds_nul(values):
        values = _refuse(values, pc.match_substring(values, "\0"), "holds the character U+0000: take it out", wrong)
    return values, wrong


def _is_clean(text: str | None) -> bool:
    return text is None or (0 < len(text) <= FIELD_BYTES // 4 and "\0" not in text)


def _decoded(values: Any) -> Found:
    try:
        return pc.cast(values, pa.string()), []
    except pa.ArrowInvalid:
        pass
    texts: list[str | None] = []
    wrong: list[Wrong] = []
    for at, value in enumerate(values.to_pylist()):
        try:
            texts.append(None if value is None else value.decode())
        except UnicodeDecodeError as error:
            texts.append(None)
            wrong.append(Wrong(at, value, f"is not UTF-8 at byte {error.start + 1}: save the file as UTF-8"))
    return pa.array(texts, pa.string()), wrong


def _refuse(values: Any, mask: Any, reason: str, wrong: list[Wrong]) -> Any:
    wrong += [Wrong(int(at), values[int(at)].as_py(), reason) for at in positions(mask)]
    return pc.if_else(mask, pa.scalar(None, values.type), values)


def _holds_nul(values: Any) -> bool:
    data = values.buffers()[2]
    return data is not None and not np.frombuffer(data, np.uint8).all()


def _missing(column: Column, values: Any, wrong: list[Wrong]) -> list[Wrong]:
    """Rows without a value that they need."""
    mask = pc.is_null(values)
    if pa.types.is_string(values.type):
        mask = pc.or_(mask, pc.fill_null(pc.utf8_is_space(values), False))
    known = {item.at for item in wrong}
    reason = f"is empty: every row needs a {column.name}"
    return [Wrong(at, values[at].as_py(), reason) for at in positions(mask) if at not in known]


def positions(mask: Any) -> list[int]:
    """Where a mask is true."""
    if not pc.any(mask).as_py():
        return []
    return [int(at) for at in np.flatnonzero(pc.fill_null(mask, False).to_numpy(zero_copy_only=False))]


# what is typed already


def _typed(column: Column, values: Any) -> Found:
    """A column that came with a type: kept if it is of the kind, else read as its text."""
    kind = values.type
    if column.kind in ("integer", "whole") and pa.types.is_integer(kind) and kind != pa.uint64():
        return pc.cast(values, pa.int64()), []
    if column.kind == "boolean" and pa.types.is_boolean(kind):
        return values, []
    if column.kind == "instant" and pa.types.is_timestamp(kind):
        return values, []
    return _clean(_as_text(values))


def _as_text(values: Any) -> Any:
    """Any column as text, the way that JSON would write it."""
    kind = values.type
    if pa.types.is_large_string(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pc.cast(values, pa.binary())
    return pa.array([_plain(value) for value in values.to_pylist()], pa.string())


def _plain(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(item, tuple) for item in value):
        value = dict(value)
    return effects.compact(_jsonable(value)) if isinstance(value, dict | list) else str(value)


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _jsonable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_jsonable(item) for item in value]
    return value if value is None or isinstance(value, bool) else str(value)


# numbers, booleans, words


def _integers(values: Any) -> Found:
    if pa.types.is_integer(values.type):
        return values, []
    if _only_digits(values):
        try:
            return pc.cast(values, pa.int64()), []
        except pa.ArrowInvalid:
            pass
    return _by_value(values, _integer, pa.int64())


def _only_digits(values: Any) -> bool:
    """Whether the column holds no character but digits and minus signs."""
    data = values.buffers()[2]
    if data is None or not data.size:
        return True
    letters = np.frombuffer(data, np.uint8)
    return bool(letters.min() >= ord("-") and letters.max() <= ord("9"))


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("is not an integer: write digits only, without point, thousands mark or unit")
    if len(text) > 20 or not -_INT64 <= int(text) < _INT64:
        raise ValueError("is out of range: an integer is at most 9223372036854775807")
    return int(text)


def _whole(text: str) -> int:
    return _integer(_ZEROS.sub("", text))


def _micros(text: str) -> int:
    match = _MONEY.fullmatch(text)
    if not match:
        raise ValueError("is not a plain decimal: write it like 1234.567891, at most 6 places after the point")
    sign, whole, places = match.groups()
    return _integer(f"{sign}{whole}{(places or '').ljust(6, '0')}")


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError("is neither true nor false: write true or false") from None


def _too_small(column: Column, values: Any) -> list[Wrong]:
    if column.minimum is None:
        return []
    reason = f"is less than {column.minimum}: {column.name} is at least {column.minimum}"
    return [Wrong(at, values[at].as_py(), reason) for at in positions(pc.less(values, column.minimum))]


def _listed(values: Any, words: tuple[str, ...]) -> Found:
    unknown = pc.invert(pc.is_in(values, pa.array([*words, None], pa.string())))
    if not pc.any(unknown).as_py():
        return values, []
    wrong: list[Wrong] = []
    return _refuse(values, unknown, f"is not one of {', '.join(words)}: write one of them", wrong), wrong


def _by_value(values: Any, make: Callable[[str], Any], kind: Any) -> Found:
    """Convert each distinct value once; `make` raises ValueError with the reason."""
    if values.null_count == len(values):
        return pa.nulls(len(values), kind), []
    coded = pc.dictionary_encode(values)
    made: list[Any] = []
    reasons: dict[int, str] = {}
    for code, text in enumerate(coded.dictionary.to_pylist()):
        try:
            made.append(make(text))
        except ValueError as error:
            made.append(None)
            reasons[code] = str(error)
    answer = pa.array(made, kind).take(coded.indices)
    return answer, _named(values, coded, reasons) if reasons else []


def _named(values: Any, coded: Any, reasons: dict[int, str]) -> list[Wrong]:
    mask = pc.is_in(coded.indices, pa.array(list(reasons), coded.indices.type))
    return [Wrong(at, values[at].as_py(), reasons[coded.indices[at].as_py()]) for at in positions(mask)]
