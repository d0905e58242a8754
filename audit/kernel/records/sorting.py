"""Texts told apart in bulk: equal texts by equal numbers, the range that a row falls into, keys for sorting."""

from __future__ import annotations

from typing import Final

from audit.kernel.records.texts import Numbers, Texts, before, print_of, same

EMPTY: Final = -1
KEY_BYTES: Final = 7
"""How many bytes of a text a key holds; above them there is room for a number under 128."""


def intern(column: Texts, slots: Numbers, heads: Numbers, prints: Numbers, codes: Numbers) -> int:
    """Give equal texts equal codes from 0 on, and null EMPTY; how many codes there are.

    `slots` is room for a table of EMPTY, a power of two and at least twice the rows; `heads` and `prints` are room for
    the first row of each code and its print.
    """
    count = 0
    mask = len(slots) - 1
    for row in range(len(codes)):
        codes[row] = EMPTY
        if not column.known[row]:
            continue
        mark = print_of(column.data, column.starts[row], column.starts[row + 1], 0)
        slot = (mark ^ (mark >> 32)) & mask
        while slots[slot] != EMPTY:
            code = slots[slot]
            if prints[code] == mark and same(column, heads[code], column, row):
                codes[row] = code
                break
            slot = (slot + 1) & mask
        if codes[row] == EMPTY:
            slots[slot], heads[count], prints[count], codes[row] = count, row, mark, count
            count += 1
    return count


def find_ranges(vendors: Numbers, names: Texts, bound_vendors: Numbers, bounds: Texts, answer: Numbers) -> None:
    """For each row how many bounds are not after it, by (vendor, name); bounds are in order."""
    for row in range(len(vendors)):
        low, high = 0, len(bound_vendors)
        while low < high:
            middle = (low + high) // 2
            is_after = bound_vendors[middle] > vendors[row] or (
                bound_vendors[middle] == vendors[row] and before(names, row, bounds, middle)
            )
            if is_after:
                high = middle
            else:
                low = middle + 1
        answer[row] = low


def keys(column: Texts, skip: int, answer: Numbers) -> None:
    """A number for the KEY_BYTES bytes of each text after `skip`: in their order, equal where those bytes are."""
    for row in range(len(answer)):
        at, end = column.starts[row] + skip, column.starts[row + 1]
        key = 0
        for _ in range(KEY_BYTES):
            key = key * 256 + (column.data[at] if at < end else 0)
            at += 1
        answer[row] = key
