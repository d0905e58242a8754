"""The rule set: what is refused, in one line each, and what stays the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.kernel.ruleset import NAMES, BadRules, Rule, parse, sentences


def faults(given: object) -> list[str]:
    with pytest.raises(BadRules) as bad:
        parse(given)
    return bad.value.faults


def test_an_empty_rule_set_is_every_default() -> None:
    assert parse({}) == Rule()
    assert json.loads(Rule().canonical())["undo_window_seconds"] == 604_800


def test_every_fault_is_one_line_that_names_its_rule() -> None:
    told = faults({"burst_minimum": 0, "match_after_second": 1, "compare_effects": 1})
    assert told == [
        "match_after_second: there is no such rule; did you mean match_after_seconds?",
        "compare_effects: must be true or false, not 1",
        "burst_minimum: must lie between 1 and 10000000000, not 0",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("match_before_seconds", -1),
        ("match_before_seconds", 60.0),
        ("match_before_seconds", True),
        ("match_before_seconds", "60"),
        ("match_before_seconds", None),
        ("match_before_seconds", 10**11),
        ("match_after_by_action", {"record_update": -1}),
        ("match_after_by_action", {"record_update": 1.5}),
        ("match_after_by_action", [["record_update", 1]]),
        ("undo_window_by_action", {"": 1}),
        ("counted_actions", "record_update"),
        ("counted_actions", [1]),
        ("registered_agents", ["\ud800"]),
        ("production_environments", None),
        ("completed_statuses", ["done"]),
        ("independent_grades", []),
        ("independent_grades", ["A", "C"]),
        ("independent_grades", ["A", "B", "C", "D"]),
        ("independent_grades", ["B", "A"]),
        ("failures_are_billed", "false"),
        ("ignore_fields", None),
        ("taint_from", ["wrong"]),
        ("taint_from", ["supported"]),
        ("taint_from", None),
    ],
)
def test_it_refuses(name: str, value: Any) -> None:
    told = faults({name: value})
    assert len(told) == 1
    assert told[0].startswith(f"{name}: ")
    assert "\n" not in told[0]


@pytest.mark.parametrize("given", [None, [], "rules", 1])
def test_it_refuses_what_is_no_object(given: object) -> None:
    assert faults(given) == ["rules: must be one JSON object with the names of rules"]


def test_the_digest_is_of_the_meaning_not_of_the_spelling() -> None:
    one = parse({"taint_from": ["failed", "wrong_value", "failed"], "match_after_by_action": {"b": 1, "a": 2}})
    other = parse({"match_after_by_action": {"a": 2, "b": 1}, "burst_minimum": 2})
    assert one.digest() == other.digest()
    assert one.digest() != Rule().digest()
    assert parse(json.loads(one.canonical())).digest() == one.digest()


def test_every_rule_has_a_reader_and_a_place_in_the_sentences() -> None:
    assert set(json.loads(Rule().canonical())) == set(NAMES)
    changed = {
        "match_before_seconds": 7,
        "match_after_seconds": 11,
        "match_before_by_action": {"x1": 1},
        "match_after_by_action": {"x2": 1},
        "counted_actions": ["x3"],
        "production_environments": ["x4"],
        "registered_agents": ["x5"],
        "ignore_fields": ["x6"],
        "burst_window_seconds": 13,
        "burst_minimum": 17,
        "undo_window_seconds": 19,
        "undo_window_by_action": {"x7": 1},
        "taint_from": ["undone"],
    }
    told = " ".join(sentences(parse(changed)))
    for word in (
        "7 seconds",
        "11 seconds",
        "13 seconds",
        "17",
        "19 seconds",
        "undone",
        *(f"x{n}" for n in range(1, 8)),
    ):
        assert word in told


@pytest.mark.parametrize("name", ["failures_are_billed", "compare_effects", "oscillation_voids"])
def test_a_switch_changes_a_sentence(name: str) -> None:
    assert sentences(parse({name: True})) != sentences(parse({name: False}))
