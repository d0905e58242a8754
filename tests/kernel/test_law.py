"""The law in plain words: every reason and every number has its place, and the numbers are the rule's."""

from __future__ import annotations

import pytest

from audit.kernel import clauses, law
from audit.kernel.lawsteps import STEPS
from audit.kernel.ruleset import NAMES, Rule
from audit.kernel.terms import Reason


def test_every_reason_and_every_number_stands_in_one_step() -> None:
    assert sorted(reason for step in STEPS for reason in step.reasons) == sorted(Reason)
    assert sorted(name for step in STEPS for name in step.names) == sorted(NAMES)
    assert set(law.NUMBERS) == set(NAMES)
    assert set(law.EXAMPLES) == set(Reason)


def test_no_clause_names_a_claim_or_leaves_a_blank() -> None:
    rule = Rule(counted_actions=("case_resolution",), registered_agents=("desk",))
    for reason in Reason:
        text = law.sentence(reason, rule)
        assert text[0].isupper()
        assert "None" not in text
        assert ": ." not in text


def test_a_single_claim_and_the_law_say_the_same_sentence() -> None:
    verdict = {"reason": Reason.REPEAT, "repeat_of": "Another claim"}
    assert clauses.of(verdict, Rule()) == law.sentence(Reason.REPEAT, Rule())


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        (Reason.NOT_COUNTED, Rule()),
        (Reason.UNREGISTERED_AGENT, Rule()),
        (Reason.OSCILLATION, Rule(oscillation_voids=False)),
        (Reason.TAINTED, Rule(taint_from=())),
        (Reason.WRONG_VALUE, Rule(compare_effects=False)),
    ],
)
def test_what_a_rule_never_decides_is_said(reason: Reason, rule: Rule) -> None:
    assert "no line gets this verdict under these rules" in law.sentence(reason, rule)


def test_examples_and_steps_follow_the_numbers() -> None:
    rule = Rule(match_before_seconds=120, match_after_seconds=7_200, undo_window_seconds=86_400, burst_minimum=5)
    assert "between 08:58:00 and 11:00:00" in law.EXAMPLES[Reason.SUPPORTED](rule)
    told = " ".join(text for step in STEPS for text in step.says(rule))
    for number in ("2 minutes before to 2 hours after", "survive 1 day", "From 5 claims"):
        assert number in told
