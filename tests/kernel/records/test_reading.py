"""Codes and orders, against Python's own: equal codes for equal texts, and rows sorted as `sorted` does."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.kernel.records import sorting
from audit.kernel.records.columns import NONE
from audit.kernel.records.reading import Codes, Names, beginning, grouped, ordered, picker, texts

TEXTS = [
    "",
    "a",
    "a\x00",
    "ab",
    "B",
    "é",
    "e\u0301",
    "z",
    "\uffff",
    "\U0001f600",
    "crm/Case/" * 9,
    "crm/Case/" * 9 + "1",
]
WORDS = st.text(st.sampled_from("ab/é\uffff\U0001f600"), max_size=3)


def drawn(seed: int, size: int) -> list[str | None]:
    """Texts and nulls, most of them more than once."""
    rng = random.Random(seed)
    return [rng.choice([None, *TEXTS, f"n{rng.randrange(size)}"]) for _ in range(size)]


def strings(values: list[str | None]) -> Any:
    """A column of texts."""
    return pa.array(values, pa.string())


def tells_apart(values: list[str | None], codes: list[int], size: int) -> bool:
    """Whether codes from 0 on are equal exactly for equal texts, and NONE for null."""
    known = {(value, code) for value, code in zip(values, codes, strict=True)}
    texts, numbers = ({pair[side] for pair in known} for side in (0, 1))
    has_null = None in texts
    assert len(known) == len(texts) == len(numbers)
    assert numbers - {NONE} == set(range(size))
    return ((None, NONE) in known) == has_null == (NONE in numbers)


@pytest.mark.parametrize("size", [1, 7, 400])
def test_names_get_equal_codes_exactly_for_equal_texts(form: str, size: int) -> None:
    one, other = drawn(1, size), drawn(2, size)
    names = Names(strings(one), strings([]), strings(other))
    assert tells_apart(one + other, [*names.of(0).tolist(), *names.of(2).tolist()], names.size)
    assert names.of(1).tolist() == []


def test_names_are_told_apart_where_prints_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    values = drawn(3, 300)
    monkeypatch.setattr(sorting, "print_of", lambda data, start, end, seed: 7)
    names = Names(strings(values))
    assert tells_apart(values, names.of(0).tolist(), names.size)


def test_names_are_told_apart_where_prints_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Different prints for one slot of the table: the last one, after which the first follows."""
    values = drawn(4, 300)
    monkeypatch.setattr(sorting, "print_of", lambda data, start, end, seed: (end - start + 1) * (1 << 20) - 1)
    names = Names(strings(values))
    assert tells_apart(values, names.of(0).tolist(), names.size)


@pytest.mark.parametrize("columns", [[], [[]], [[], []], [[None]], [[None, None], [None]]])
def test_nothing_has_no_names(form: str, columns: list[list[str | None]]) -> None:
    given_columns = [strings(values) for values in columns] or [strings([])]
    for kind in (Names, Codes):
        codes = kind(*given_columns)
        assert codes.size == 0
        assert [codes.of(number).tolist() for number in range(len(columns))] == [[NONE] * len(v) for v in columns]


@pytest.mark.parametrize("kind", [Codes, Names])
def test_columns_may_come_in_pieces_and_as_dictionaries(form: str, kind: type[Codes]) -> None:
    one, other, third = drawn(5, 50), drawn(6, 50), drawn(7, 50)
    in_pieces = pa.chunked_array([strings(one[:20]), strings([]), strings(["not mine", *one[20:]]).slice(1)])
    codes = kind(in_pieces, strings(other).dictionary_encode(), pa.chunked_array([], pa.string()), strings(third))
    told = [code for number in (0, 1, 3) for code in codes.of(number).tolist()]
    assert tells_apart(one + other + third, told, codes.size)


def test_codes_are_in_the_order_of_the_texts() -> None:
    values = drawn(8, 200)
    codes = Codes(strings(values), strings(TEXTS))
    known = sorted({value for value in values if value is not None} | set(TEXTS))
    assert codes.texts == known
    assert codes.of(0).tolist() == [NONE if value is None else known.index(value) for value in values]
    assert codes.lookup() == {text: code for code, text in enumerate(known)}


@pytest.mark.parametrize("seed", range(30))
def test_rows_are_ordered_as_python_sorts(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.choice([0, 1, 2, 40, 300])
    wide = rng.choice([1, 3, 1000])
    keys = [np.array([rng.randrange(-wide, wide) for _ in range(size)], np.int64) for _ in range(rng.choice([1, 2, 3]))]
    names = [rng.choice(TEXTS) for _ in range(size)]
    then = [np.array([rng.randrange(3) for _ in range(size)], np.int64), np.arange(size)]
    rows = np.array(rng.sample(range(size), rng.randrange(size + 1)), np.int64)

    def place(row: int) -> Any:
        return [int(key[row]) for key in keys], names[row], [int(key[row]) for key in then]

    assert ordered(rows, keys, picker(strings(list(names))), then).tolist() == sorted(rows.tolist(), key=place)


@pytest.mark.parametrize("seed", range(10))
def test_rows_are_grouped_by_their_target(seed: int) -> None:
    rng = random.Random(seed)
    size, targets = rng.choice([0, 1, 60]), 12
    target = np.array([rng.choice([NONE, *range(targets)]) for _ in range(size)], np.int64)
    key = np.array([rng.randrange(2) for _ in range(size)], np.int64)
    names = [f"{rng.choice(TEXTS)}{row}" for row in range(size)]
    order, start = grouped(target, targets, [key], picker(strings(list(names))))
    for number in range(targets):
        mine = [row for row in range(size) if target[row] == number]
        assert order[start[number] : start[number + 1]].tolist() == sorted(mine, key=lambda row: (key[row], names[row]))
    assert len(order) == start[targets] == np.count_nonzero(target != NONE)


@settings(max_examples=300, deadline=None)
@given(words=st.sets(WORDS), prefix=WORDS)
def test_what_begins_with_a_prefix_stands_together(words: set[str], prefix: str) -> None:
    listed = sorted(words)
    assert [listed[at] for at in beginning(listed, prefix)] == [word for word in listed if word.startswith(prefix)]


def test_texts_of_a_part_of_a_column_are_its_own() -> None:
    values = [None, "é", "", "abc", None, "\U0001f600"]
    for start, end in product(range(6), range(7)):
        column = texts(strings(values).slice(start, max(0, end - start)))
        bounds = zip(column.starts[:-1], column.starts[1:], column.known, strict=True)
        told = [column.data[a:b].tobytes().decode() if known else None for a, b, known in bounds]
        assert told == values[start:end]
