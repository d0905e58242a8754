"""Texts and effects as bytes in one buffer: equality, order by code point, and the fields of an effect.

The bytes of UTF-8 are in the order of code points. An effect is canonical JSON, `{"field":"value",...}`, so two fields
or values are equal when their bytes are.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

QUOTE: Final = 34
ESCAPE: Final = 92
NOWHERE: Final = -1
UNKNOWN: Final = 0
AGREE: Final = 1
CONFLICT: Final = 2
APART: Final = 3
"""How two effects stand to each other: one is unknown; all shared fields are equal; one differs; none is shared."""
_FACTOR: Final = 1_099_511_628_211
_LARGEST: Final = (1 << 63) - 1


class Texts(NamedTuple):
    """A column of texts: row i is `data[starts[i]:starts[i + 1]]`, empty where it is not `known`."""

    starts: Numbers
    data: Bytes
    known: Flags


def same(one: Texts, i: int, other: Texts, j: int) -> bool:
    """Whether two known texts are equal."""
    return equal(one.data, one.starts[i], one.starts[i + 1], other.data, other.starts[j], other.starts[j + 1])


def before(one: Texts, i: int, other: Texts, j: int) -> bool:
    """Whether a text comes before another one, by code point."""
    a, a_end, b, b_end = one.starts[i], one.starts[i + 1], other.starts[j], other.starts[j + 1]
    while a < a_end and b < b_end:
        if one.data[a] != other.data[b]:
            return bool(one.data[a] < other.data[b])
        a += 1
        b += 1
    return bool(a == a_end and b < b_end)


def relation(one: Texts, i: int, other: Texts, j: int) -> int:
    """How two effects stand to each other: UNKNOWN, AGREE, CONFLICT or APART."""
    if not one.known[i] or not other.known[j]:
        return UNKNOWN
    if same(one, i, other, j):
        return AGREE
    answer = APART
    at, end = one.starts[i] + 1, one.starts[i + 1]
    while at < end:
        field_end, value_end = entry(one.data, at)
        found = value_of(other, j, one.data, at, field_end)
        if found != NOWHERE:
            if not equal(one.data, field_end + 1, value_end, other.data, found, string_end(other.data, found)):
                return CONFLICT
            answer = AGREE
        at = value_end + 1
    return answer


def relations(one: Texts, other: Texts, answer: Numbers) -> None:
    """How the effects in the same row of two columns stand to each other."""
    for row in range(len(answer)):
        answer[row] = relation(one, row, other, row)


def entry(data: Bytes, at: int) -> tuple[int, int]:
    """Where the field that begins at a place ends, and where its value ends."""
    field_end = string_end(data, at)
    return field_end, string_end(data, field_end + 1)


def string_end(data: Bytes, at: int) -> int:
    """Where the quoted text that begins at a place ends."""
    at += 1
    while data[at] != QUOTE:
        at += 2 if data[at] == ESCAPE else 1
    return at + 1


def value_of(effects: Texts, i: int, data: Bytes, start: int, end: int) -> int:
    """Where the value of a field begins in an effect, or NOWHERE; the field is `data[start:end]`."""
    at, last = effects.starts[i] + 1, effects.starts[i + 1]
    while at < last:
        field_end, value_end = entry(effects.data, at)
        if equal(effects.data, at, field_end, data, start, end):
            return int(field_end + 1)
        at = value_end + 1
    return NOWHERE


def print_of(data: Bytes, start: int, end: int, seed: int) -> int:
    """A number from 0 on for some bytes, after others that gave `seed`; equal bytes give equal numbers."""
    for at in range(start, end):
        seed = ((seed ^ data[at]) * _FACTOR) & _LARGEST
    return seed


def equal(data: Bytes, start: int, end: int, other: Bytes, first: int, last: int) -> bool:
    """Whether two pieces of bytes are equal."""
    if end - start != last - first:
        return False
    for step in range(end - start):
        if data[start + step] != other[first + step]:
            return False
    return True
