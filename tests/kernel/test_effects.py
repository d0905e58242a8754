"""The canonical effect, as the law of verdicts describes it."""

from __future__ import annotations

import json
import random
import unicodedata
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.kernel.effects import canonical, compare

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", " ", "TRUE", "007", "+49", " 1.50 ", "1e2", "-0", "Straße", "e\u0301", "\u212a", "a  b"]),
    st.sampled_from(["[]", "{}", '["A"]', '{"B":"x"}', '{"b":"x"}', '{"b":"X","A":"1.0"}']),
    st.sampled_from(["2020-01-01 00:00:00Z", "2020-01-01  00:00:00Z", "2020-01-01t00:00:00.10+0230"]),
    st.from_regex(r"-?[0-9]{1,4}(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), TEXTS)
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3))
)
EFFECTS = st.dictionaries(TEXTS, VALUES, max_size=4)


def value_of(text: str) -> str:
    """The canonical string of one value given as JSON."""
    answer = canonical(f'{{"f":{text}}}')
    assert answer is not None
    value: str = json.loads(answer)["f"]
    return value


@pytest.mark.parametrize("text", [None, "", "  ", "null", "{}", " { } "])
def test_it_makes_nothing_of_an_effect_that_says_nothing(text: str | None) -> None:
    assert canonical(text) is None


def test_it_sorts_the_fields_by_code_point_and_writes_no_spaces() -> None:
    assert canonical('{"é": "x", "b": 1, "B": 2}') == '{"B":"2","b":"1","é":"x"}'


@pytest.mark.parametrize(
    ("given_as", "plain"),
    [
        ("1.50", "1.5"),
        ("1e2", "100"),
        ("1E+2", "100"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e5", "0"),
        ("12.5e-3", "0.0125"),
        ("100", "100"),
        ("0.10", "0.1"),
        ("-1.0", "-1"),
        ("12345678901234567890123.10", "12345678901234567890123.1"),
        ("1e-999", "0." + "0" * 998 + "1"),
        ("1e999", "1" + "0" * 999),
        ("1E1000", "1e1000"),
    ],
)
def test_it_writes_a_number_as_the_shortest_plain_decimal(given_as: str, plain: str) -> None:
    assert value_of(given_as) == plain
    assert value_of(f'"{given_as}"') == plain
    assert value_of(f'" {given_as}\\n"') == plain


@pytest.mark.parametrize("text", ["007", "+49", "1.", ".5", "1e", "0x1f", "1_000", "1,5", "--1", "١"])
def test_it_leaves_what_is_no_json_number_as_text(text: str) -> None:
    assert value_of(json.dumps(text)) == text


def test_it_writes_null_booleans_and_folded_text() -> None:
    assert [value_of(text) for text in ("null", "true", "false", '"TRUE"')] == ["", "true", "false", "true"]
    assert value_of('"  In \\t Progress\\n"') == "in progress"
    assert value_of('"Stra\\u00dfe"') == "strasse"
    assert value_of('"CAFE\\u0301"') == "caf\u00e9"


@pytest.mark.parametrize(
    ("given_as", "utc"),
    [
        ("2026-09-14T08:15:03Z", "2026-09-14T08:15:03Z"),
        ("2026-09-14 08:15:03Z", "2026-09-14T08:15:03Z"),
        ("2026-09-14t08:15:03z", "2026-09-14T08:15:03Z"),
        ("2026-09-14T10:15:03+02:00", "2026-09-14T08:15:03Z"),
        ("2026-09-14T08:15:03.000+0000", "2026-09-14T08:15:03Z"),
        ("2026-09-14T01:15:03.120-0700", "2026-09-14T08:15:03.12Z"),
        ("2026-09-14T08:15:03.1234567890Z", "2026-09-14T08:15:03.123456789Z"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
        (" 2026-09-14T08:15:03-00:00 ", "2026-09-14T08:15:03Z"),
    ],
)
def test_it_writes_a_date_time_in_utc(given_as: str, utc: str) -> None:
    assert value_of(json.dumps(given_as)) == utc


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-14T08:15:03",
        "2026-09-14",
        "2026-02-30T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-09-14T24:00:00Z",
        "2026-09-14T08:15:03+24:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "2026-09-14T08:15Z",
    ],
)
def test_it_leaves_what_is_no_instant_as_text(text: str) -> None:
    assert value_of(json.dumps(text)) == text.casefold()


def test_it_makes_the_leaves_of_lists_and_objects_canonical_too() -> None:
    assert value_of('[1.50, null, true, "A  b", {"Z": 1e1, "a": []}]') == '["1.5","","true","a b",{"Z":"10","a":[]}]'
    assert value_of('{"b": "X", "a": 0.10}') == '{"a":"0.1","b":"x"}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":1,"a":2}', "'a' twice"),
        ('{"a":{"b":1,"b":1}}', "'b' twice"),
        ("[1]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("7", "not a JSON object"),
        ('{"a":NaN}', "NaN"),
        ('{"a":-Infinity}', "Infinity"),
        ('{"a":"\\ud800"}', "surrogate"),
        ('{"\\udfff":1}', "surrogate"),
        ('{"a":1', "not valid JSON"),
        ("{'a':1}", "not valid JSON"),
        ('{"a":' + "[" * 64 + "]" * 64 + "}", "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
    ],
)
def test_it_refuses_what_is_no_effect_in_plain_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        canonical(text)


def test_it_takes_sixty_four_levels() -> None:
    assert canonical('{"a":' + "[" * 63 + "]" * 63 + "}")


def test_it_keeps_numbers_of_any_length_exact() -> None:
    digits = "9" * 50_000
    assert value_of(f"{digits}.50") == f"{digits}.5"


@given(EFFECTS)
@settings(max_examples=150, deadline=None)
def test_reading_a_canonical_effect_again_changes_nothing(effect: dict[str, Any]) -> None:
    once = canonical(json.dumps(effect))
    assert canonical(once) == once


@given(EFFECTS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_fields_and_the_spelling_of_json_change_nothing(
    effect: dict[str, Any], chance: random.Random
) -> None:
    items = list(effect.items())
    chance.shuffle(items)
    assert canonical(json.dumps(dict(items), indent=1, ensure_ascii=False)) == canonical(json.dumps(effect))


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
@settings(max_examples=150, deadline=None)
def test_a_number_keeps_its_exact_value(number: str) -> None:
    plain = value_of(number)
    assert "e" not in plain
    with localcontext(prec=3000):
        assert Decimal(plain) == Decimal(number)
    assert plain == "0" or not plain.startswith("-0") or plain.startswith("-0.")
    assert "." not in plain or plain[-1] not in "0."


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_case_outer_space_and_normal_form_do_not_tell_texts_apart(text: str) -> None:
    if text[:1] in "[{":
        return
    same = unicodedata.normalize("NFD", f"  {text}\t")
    assert value_of(json.dumps(same)) == value_of(json.dumps(text))


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ('{"a":"1"}', '{"a":"1","b":"2"}', "agree"),
        ('{"a":"1","b":"3"}', '{"a":"1","b":"2"}', "conflict"),
        ('{"a":"1"}', '{"b":"1"}', "silent"),
        (None, '{"b":"1"}', "silent"),
        (None, None, "silent"),
    ],
)
def test_two_effects_agree_conflict_or_are_silent(one: str | None, other: str | None, word: str) -> None:
    assert compare(one, other) == compare(other, one) == word


def test_an_ignored_field_is_not_compared() -> None:
    assert compare('{"a":"1","b":"3"}', '{"a":"1","b":"2"}', ignore=["b"]) == "agree"
    assert compare('{"b":"3"}', '{"b":"2"}', ignore=["b"]) == "silent"
