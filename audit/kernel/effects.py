"""The canonical effect: what was written, field by field, so that two systems' words can be compared.

Source: the law of verdicts, section 1, *canonical effect*. All of it is string arithmetic: no float, no rounding.
Where the law is silent this module decides, and says so where it decides:

* A leap second, a year outside 0001-9999 and `24:00` are no date-times here; they stay text.
* A number with an exponent of more than three digits stays text, whether it came as a number or as a string.
* White space is what `str.split` takes for it (Unicode white space and the separators U+001C to U+001F).
* A string that is exactly the canonical text of a non-empty list or object stays as it is. Without this the
  canonical form of a nested field name with a capital would change when it is read a second time.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

DEPTH: Final = 64
"""How deep an effect may nest; the object itself is the first level."""
LEVELS: Final = DEPTH + 3
"""How deep a document may nest: an effect in a row in a list in an object."""

_CACHED_LENGTH: Final = 512
_NUMBER: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?")
_DATE_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))"
)
_quote: Final = json.encoder.encode_basestring
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def canonical(text: str | None) -> str | None:
    """The canonical text of an effect given as the text of a JSON object, or None if it says nothing.

    The answer is JSON: field -> canonical string, fields sorted by code point, no spaces, no ASCII escapes.
    Null, an empty text and `{}` are None. Raises ValueError, with a sentence for a person, for what is no JSON
    object, for a field named twice, NaN, Infinity, a lone surrogate, and more than 64 levels.
    """
    if text is None:
        return None
    if len(text) <= _CACHED_LENGTH:
        return _cached(text)
    return _canonical(text)


def compare(one: str | None, other: str | None, ignore: Collection[str] = ()) -> str:
    """How two canonical effects stand to each other: `agree`, `conflict` or `silent`."""
    left: dict[str, str] = json.loads(one) if one else {}
    right: dict[str, str] = json.loads(other) if other else {}
    shared = (left.keys() & right.keys()) - set(ignore)
    if not shared:
        return "silent"
    return "agree" if all(left[field] == right[field] for field in shared) else "conflict"


def parse(text: str) -> Any:
    """JSON as text: every number stays the string that was written. Raises ValueError in plain words."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise ValueError(f"is nested too deep: at most {DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON: {error.msg} at character {error.pos + 1}") from None


def decode(text: str, at: int = 0) -> tuple[Any, int]:
    """The JSON value that stands at a place of a text, as `parse` gives it, and where it ends. Raises ValueError."""
    try:
        return _decoder.raw_decode(text, at)
    except RecursionError:
        raise ValueError(f"is nested too deep: at most {DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON: {error.msg}") from None


def shallow(value: Any, text: str, start: int, end: int) -> Any:
    """The value that a part of a text says, if it nests no deeper than LEVELS; else raises ValueError.

    Few brackets make no depth, so most texts are only counted.
    """
    if text.count("{", start, end) + text.count("[", start, end) > LEVELS:
        level, depth = [value], 0
        while level := [item for item in level if isinstance(item, dict | list)]:
            depth += 1
            if depth > LEVELS:
                raise ValueError(f"is nested too deep: at most {DEPTH} levels")
            level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return value


def compact(value: Any) -> str:
    """A parsed value as compact JSON text, fields sorted by code point."""
    return _encode(value)


def _canonical(text: str) -> str | None:
    value = parse(text) if text.strip() else None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError('is not a JSON object: write it as {"field": "value"}')
    if not value:
        return None
    answer = ",".join([f"{_quote(field)}:{_quote(_leaf(item, 2))}" for field, item in sorted(value.items())])
    if not answer.isascii():
        _refuse_surrogates(answer)
    return f"{{{answer}}}"


_cached: Final = lru_cache(maxsize=16_384)(_canonical)


def _leaf(value: Any, depth: int) -> str:
    """One value of the effect as its canonical string."""
    if isinstance(value, str):
        return _cached_text(value) if len(value) <= _CACHED_LENGTH else _text(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _encode(_nested(value, depth))


def _nested(value: Any, depth: int) -> Any:
    """A list or an object with canonical leaves."""
    if depth > DEPTH:
        raise ValueError(f"is nested too deep: at most {DEPTH} levels")
    if isinstance(value, dict):
        return {field: _branch(item, depth) for field, item in value.items()}
    return [_branch(item, depth) for item in value]


def _branch(value: Any, depth: int) -> Any:
    return _nested(value, depth + 1) if isinstance(value, dict | list) else _leaf(value, depth)


def _text(text: str) -> str:
    """A string as a number, a date-time, a nested value or folded text. Reading the answer again changes nothing."""
    known = _scalar(text.strip())
    if known is not None:
        return known
    if _is_nested(text):
        return text
    folded = _fold(text)
    while not folded.isascii() and (again := _fold(folded)) != folded:
        folded = again
    return _scalar(folded) or folded


_cached_text: Final = lru_cache(maxsize=65_536)(_text)


def _scalar(text: str) -> str | None:
    """The text as a canonical number or date-time, or None if it is neither."""
    if not text or not (text[0] == "-" or "0" <= text[0] <= "9"):
        return None
    if number := _NUMBER.fullmatch(text):
        return _decimal(*number.groups())
    if instant := _DATE_TIME.fullmatch(text):
        return _instant(*instant.groups())
    return None


def _decimal(sign: str, whole: str, fraction: str | None, exponent: str | None) -> str:
    """A JSON number as the shortest plain decimal, by moving the point in the text."""
    fraction = fraction or ""
    digits, point = whole + fraction, len(whole) + int(exponent or 0)
    if point <= 0:
        digits, point = "0" * (1 - point) + digits, 1
    digits = digits.ljust(point, "0")
    left, right = digits[:point].lstrip("0") or "0", digits[point:].rstrip("0")
    plain = f"{left}.{right}" if right else left
    return plain if plain == "0" else sign + plain


def _instant(day: str, time: str, fraction: str | None, sign: str | None, hours: str, minutes: str) -> str | None:
    """A date-time in UTC without trailing zeros of the fraction, or None if there is no such instant."""
    try:
        at = datetime.fromisoformat(f"{day}T{time}+00:00")
        if sign:
            at -= _offset(sign, int(hours), int(minutes))
    except (ValueError, OverflowError):
        return None
    digits = (fraction or "").rstrip("0")
    whole = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{whole}.{digits}Z" if digits else f"{whole}Z"


def _offset(sign: str, hours: int, minutes: int) -> timedelta:
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    return timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)


def _is_nested(text: str) -> bool:
    """Whether the text is exactly the canonical text of a non-empty list or object."""
    if text[:1] + text[-1:] not in ("[]", "{}") or len(text) == 2:
        return False
    try:
        return _encode(_nested(parse(text), 2)) == text
    except ValueError:
        return False


def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(text.split()).lower()
    folded = " ".join(unicodedata.normalize("NFC", text).split()).casefold()
    return unicodedata.normalize("NFC", folded)


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair: write the whole character") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"names the field {twice[:60]!r} twice: keep one")
    return known


def _constant(name: str) -> Any:
    raise ValueError(f"holds {name}, which is no JSON value: write a number or null")


_decoder: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_constant)
