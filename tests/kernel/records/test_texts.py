"""Texts and effects as bytes, against Python's own texts and JSON; the loops as they stand, and compiled."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.kernel import effects
from audit.kernel.records import compiled, reading, texts
from audit.kernel.records.texts import AGREE, APART, CONFLICT, NOWHERE, UNKNOWN

FORMS = pytest.mark.parametrize("rows", [0, compiled.MANY], ids=["plain", "compiled"])
WORDS = st.text(st.sampled_from('ab1 "\\\n\t\x00\x1f,:{}[]éß€\uffff\U0001f600'), max_size=4)
EFFECTS = st.none() | st.dictionaries(WORDS, WORDS | st.none() | st.lists(WORDS, max_size=2), min_size=1, max_size=4)
CHARACTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


def column(values: list[str | None], rows: int) -> Any:
    """A column of texts as the loops like it, for so many rows; nothing begins at the first byte."""
    array = pa.array(["before", *values], pa.string()).slice(1)
    return compiled.fit(reading.texts(array), rows)


def canonical(effect: dict[str, Any] | None) -> str | None:
    """An effect as it is stored."""
    return None if effect is None else effects.canonical(json.dumps(effect))


def stands(one: str | None, other: str | None) -> int:
    """How two effects stand to each other, told by JSON."""
    if one is None or other is None:
        return UNKNOWN
    left, right = json.loads(one), json.loads(other)
    shared = left.keys() & right.keys()
    if not shared:
        return APART
    return AGREE if all(left[field] == right[field] for field in shared) else CONFLICT


@FORMS
@settings(max_examples=200, deadline=None)
@given(given_effects=st.lists(EFFECTS, min_size=2, max_size=4))
def test_effects_stand_as_json_says(rows: int, given_effects: list[dict[str, Any] | None]) -> None:
    listed = [canonical(effect) for effect in given_effects]
    loops, data = compiled.chosen(texts, rows), column(listed, rows)
    for i, one in enumerate(listed):
        for j, other in enumerate(listed):
            assert loops.relation(data, i, data, j) == stands(one, other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": "1"}, {"a": "1", "b": "2"}, AGREE),
        ({"a": "1", "b": "3"}, {"a": "1", "b": "2"}, CONFLICT),
        ({"a": "b"}, {"b": "a"}, APART),
        ({'a"': "1"}, {"a": "1"}, APART),
        ({"a\\": "1"}, {"a\\": "1", 'a\\"': "2"}, AGREE),
        ({"a": 'x","b":"y'}, {"b": "y"}, APART),
        ({"a": None}, {"a": "\\"}, CONFLICT),
        ({"é": "\U0001f600"}, {"é": "\U0001f600", "e": "x"}, AGREE),
        ({"a": {"b": "c"}}, {"b": "c"}, APART),
        ({}, {"a": "1"}, UNKNOWN),
    ],
)
@FORMS
def test_marks_inside_texts_part_nothing(rows: int, one: Any, other: Any, expected: int) -> None:
    listed = [canonical(one), canonical(other)]
    loops, data = compiled.chosen(texts, rows), column(listed, rows)
    assert stands(*listed) == expected
    assert (loops.relation(data, 0, data, 1), loops.relation(data, 1, data, 0)) == (expected, expected)


@FORMS
@settings(max_examples=200, deadline=None)
@given(effect=EFFECTS.filter(bool), field=WORDS)
def test_a_value_is_found_by_its_field(rows: int, effect: dict[str, Any], field: str) -> None:
    stored = canonical(effect)
    assert stored is not None
    told = json.loads(stored)
    loops, data = compiled.chosen(texts, rows), column([stored], rows)
    for name in {*told, field}:
        asked = column([json.dumps(name, ensure_ascii=False)], rows)
        at = loops.value_of(data, 0, asked.data, asked.starts[0], asked.starts[1])
        if name in told:
            assert json.loads(bytes(data.data[at : loops.string_end(data.data, at)])) == told[name]
        else:
            assert at == NOWHERE


@FORMS
@settings(max_examples=200, deadline=None)
@given(listed=st.lists(WORDS | CHARACTERS, min_size=2, max_size=6))
def test_texts_are_equal_and_in_order_as_in_python(rows: int, listed: list[str]) -> None:
    loops, data, other = compiled.chosen(texts, rows), column(listed, rows), column(listed[::-1], rows)
    for i, one in enumerate(listed):
        for j, two in enumerate(listed[::-1]):
            assert loops.before(data, i, other, j) == (one < two)
            assert loops.same(data, i, other, j) == (one == two)


@settings(max_examples=200, deadline=None)
@given(listed=st.lists(WORDS | CHARACTERS, min_size=1, max_size=6), seed=st.integers(0, (1 << 63) - 1))
def test_prints_of_both_forms_are_one_number_from_0_on(listed: list[str], seed: int) -> None:
    prints = []
    for rows in (0, compiled.MANY):
        loops, data = compiled.chosen(texts, rows), column(listed, rows)
        spans = zip(data.starts[:-1], data.starts[1:], strict=True)
        prints.append([loops.print_of(data.data, start, end, seed) for start, end in spans])
    assert prints[0] == prints[1]
    assert min(prints[0]) >= 0
    assert len(set(prints[0])) <= len(set(listed))


def test_null_is_not_known_and_the_empty_text_is() -> None:
    data = reading.texts(pa.array([None, "", "a"], pa.string()))
    assert data.known.tolist() == [False, True, True]
    assert np.diff(data.starts).tolist() == [0, 0, 1]
