"""The law in plain words: every reason and every number has its place, and the numbers are the rule's."""

from __future__ import annotations

import re

import pytest

from audit.kernel import clauses, law
from audit.kernel.lawsteps import STEPS
from audit.kernel.ruleset import NAMES, Rule, parse, sentences
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


LISTS = ("counted_actions", "production_environments", "completed_statuses", "registered_agents", "taint_from")
ODD = re.compile(
    r"\bNone\b|not among|, ?\.|\( ?\)|: ?\.|  |\b0 seconds|\b1 (claims|days|hours|minutes)\b|\bis [,.]|\bor [,.]"
)


@pytest.mark.parametrize("size", [0, 1, 3])
@pytest.mark.parametrize("number", [0, 1, 300])
def test_every_clause_reads_well_whatever_the_rule_holds(size: int, number: int) -> None:
    """Empty lists, lists of one, nothing allowed to pass: no sentence breaks off, none says what nobody would say."""
    texts = {name: ("completed", "failed", "unknown")[:size] for name in LISTS}
    texts["taint_from"] = ("failed", "repeat", "undone")[:size]
    spans = {name: number for name in NAMES if name.endswith("_seconds")}
    grades = (("A",), ("A", "B"), ("A", "B", "C"))[min(size, 2)]
    rule = parse({**texts, **spans, "burst_minimum": max(1, size), "independent_grades": list(grades)})
    said = {f"{reason} of one claim": clauses.of(claim(reason), rule) for reason in Reason}
    said |= {f"{reason}": law.sentence(reason, rule) for reason in Reason}
    said |= {f"{reason} example": law.EXAMPLES[reason](rule) for reason in Reason}
    said |= {f"{step.slug} {at}": text for step in STEPS for at, text in enumerate(step.says(rule))}
    said |= {f"rule {at}": text for at, text in enumerate(sentences(rule))}
    assert {name: text for name, text in said.items() if ODD.search(text)} == {}


def claim(reason: Reason) -> dict[str, object]:
    """A verdict of one claim, with all that may be told beside it."""
    told = {"event_system": "crm", "event_id": "e1", "repeat_of": "T-1", "undone_by": "e2", "tainted_by": "T-0"}
    return {**told, "reason": reason, "action": "w", "units": 3, "seen_units": 1, "spoiled": "failed", "highest": 2}


def test_lists_read_as_people_say_them() -> None:
    def clause(reason: Reason, **rules: object) -> str:
        return clauses.of(claim(reason), parse(rules))

    assert (
        clause(Reason.NOT_PRODUCTION, production_environments=[]) == "Under these rules no environment is production."
    )
    assert clause(Reason.NOT_PRODUCTION) == "Its environment is not production."
    assert clause(Reason.NOT_PRODUCTION, production_environments=["a", "b", "c"]) == "Its environment is not a, b or c."
    assert clause(Reason.NOT_COMPLETED, completed_statuses=[]).startswith("It is charged, and under these rules no")
    assert clause(Reason.NOT_COUNTED, counted_actions=[]) == "Under the definition in force no action is a unit."
    assert clause(Reason.NOT_COUNTED, counted_actions=["a", "b"]).endswith("only a and b are units.")
    assert clause(Reason.UNREGISTERED_AGENT, registered_agents=[]) == "Under these rules no agent is registered."
    assert "(claims of one instant)" in clause(Reason.REPEAT, burst_window_seconds=0)
    none = sentences(parse({"production_environments": [], "completed_statuses": [], "registered_agents": []}))
    assert "No environment is production. No status means completed." in none
    assert "Registered agents: none." in none
