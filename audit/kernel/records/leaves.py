"""The bytes of verdict rows, as `ledger.row_bytes` has them, for many rows at once."""

from __future__ import annotations

from typing import Final, NamedTuple

from audit.kernel.records.texts import Bytes, Flags, Numbers, Texts

_HYPHEN: Final = 45
_COLON: Final = 58
_ZERO: Final = 48
NUMBER_BYTES: Final = 24
"""The most bytes that a number takes: its length, a colon, a sign and nineteen digits."""
LENGTH_BYTES: Final = 12
"""The most bytes that the length of a text and its colon take."""


class Coded(NamedTuple):
    """A column of few texts: row i has the piece `pieces[codes[i]]`, which is written as it stands."""

    codes: Numbers
    pieces: Texts


class Whole(NamedTuple):
    """A column of numbers."""

    values: Numbers
    known: Flags


class Columns(NamedTuple):
    """The columns of verdict rows in their order."""

    vendor: Coded
    claim_id: Texts
    revision: Whole
    row: Whole
    state: Coded
    reason: Coded
    klass: Coded
    rank: Whole
    event_system: Coded
    event_id: Texts
    repeat_of: Texts
    undone_by: Texts
    tainted_by: Texts
    provisional: Coded
    units: Whole
    charge_micros: Whole


def write_rows(columns: Columns, data: Bytes, starts: Numbers) -> None:
    """Write the rows one after the other into `data`; row i is then `data[starts[i]:starts[i + 1]]`."""
    at = 0
    for row in range(len(starts) - 1):
        starts[row] = at
        at = put_coded(data, at, columns.vendor, row)
        at = put_text(data, at, columns.claim_id, row)
        at = put_number(data, at, columns.revision, row)
        at = put_number(data, at, columns.row, row)
        at = put_coded(data, at, columns.state, row)
        at = put_coded(data, at, columns.reason, row)
        at = put_coded(data, at, columns.klass, row)
        at = put_number(data, at, columns.rank, row)
        at = put_coded(data, at, columns.event_system, row)
        at = put_text(data, at, columns.event_id, row)
        at = put_text(data, at, columns.repeat_of, row)
        at = put_text(data, at, columns.undone_by, row)
        at = put_text(data, at, columns.tainted_by, row)
        at = put_coded(data, at, columns.provisional, row)
        at = put_number(data, at, columns.units, row)
        at = put_number(data, at, columns.charge_micros, row)
    starts[len(starts) - 1] = at


def put_coded(data: Bytes, at: int, column: Coded, row: int) -> int:
    """Write the piece of a row; where it ends."""
    return copy(data, at, column.pieces, column.codes[row])


def put_text(data: Bytes, at: int, column: Texts, row: int) -> int:
    """Write a text after its length; where it ends."""
    if not column.known[row]:
        data[at] = _HYPHEN
        return at + 1
    at = put_digits(data, at, column.starts[row] - column.starts[row + 1])
    data[at] = _COLON
    return copy(data, at + 1, column, row)


def put_number(data: Bytes, at: int, column: Whole, row: int) -> int:
    """Write a number in decimal after its length; where it ends."""
    if not column.known[row]:
        data[at] = _HYPHEN
        return at + 1
    value = column.values[row]
    below = value if value < 0 else -value  # so that the least number of all has its place too
    sign = 1 if value < 0 else 0
    at = put_digits(data, at, -digits_of(below) - sign)
    data[at] = _COLON
    at += 1
    if sign:
        data[at] = _HYPHEN
        at += 1
    return put_digits(data, at, below)


def digits_of(below: int) -> int:
    """How many digits a number has that is not above zero."""
    count = 1
    while below <= -10:
        below = (below + 9) // 10
        count += 1
    return count


def put_digits(data: Bytes, at: int, below: int) -> int:
    """Write the digits of a number that is not above zero; where they end."""
    end = at + digits_of(below)
    place = end - 1
    while place >= at:
        rest = (below + 9) // 10
        data[place] = _ZERO + rest * 10 - below
        below = rest
        place -= 1
    return end


def copy(data: Bytes, at: int, column: Texts, row: int) -> int:
    """Write the bytes of a text; where they end."""
    for place in range(column.starts[row], column.starts[row + 1]):
        data[at] = column.data[place]
        at += 1
    return at
