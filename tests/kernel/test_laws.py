"""Section 5: the laws that every run keeps, as properties of the kernel's results on packed random worlds."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.kernel.twin.basics import DEFAULT_RULE, prefix_begins
from tests.kernel.twin.compare import Answer, differences, kernel_answer
from tests.kernel.worlds import DAY, KINDS, RULE_COUNT, START, World, pack, prefixed, rule_of, world

Row = dict[str, Any]
PACK_SIZE = 120
RULES = (36,)
FIRST_SEED = 4_000_000


def worlds_of(rule: int, changed: Row | None = None) -> list[World]:
    """Return worlds of one rule, changed in some names, on seeds that no other test uses."""
    seeds = range(FIRST_SEED + rule, FIRST_SEED + rule + RULE_COUNT * PACK_SIZE, RULE_COUNT)
    return [replace(world(seed), rule={**rule_of(rule), **(changed or {})}) for seed in seeds]


@pytest.fixture(scope="module", params=RULES)
def packed(request: pytest.FixtureRequest) -> World:
    return pack(worlds_of(request.param))


@pytest.fixture(scope="module")
def answer(packed: World) -> Answer:
    return kernel_answer(packed)


def independent_grades(inputs: World) -> list[str]:
    """Return the grades that can verify under a world's rule."""
    grades: list[str] = {**DEFAULT_RULE, **inputs.rule}["independent_grades"]
    return grades


def verified(answer: Answer) -> set[Any]:
    """Return the rows that are verified."""
    return {key for key, row in answer.verdicts.items() if row["state"] == "verified"}


def test_every_row_has_exactly_one_verdict(packed: World, answer: Answer) -> None:
    assert len(answer.verdicts) == len(packed.claims)


def test_units_and_charge_are_those_of_the_claims(packed: World, answer: Answer) -> None:
    seen: dict[Any, int] = {}
    for claim in packed.claims:
        same = (claim["vendor"], claim["claim_id"], claim["revision"])
        seen[same] = seen.get(same, 0) + 1
        verdict = answer.verdicts[*same, seen[same]]
        assert (verdict["units"], verdict["charge_micros"]) == (claim["units"], claim["charge_micros"])


def test_no_event_answers_two_claims(answer: Answer) -> None:
    events = [(row["system"], row["event_id"]) for row in answer.testimony.values()]
    assert len(events) == len(set(events))


def test_an_event_that_came_twice_counts_once(packed: World, answer: Answer) -> None:
    """Section 1, evidence: a second row with the same pair and content is dropped."""
    twice = replace(packed, evidence=packed.evidence + packed.evidence[::5])
    assert differences(kernel_answer(twice), answer) == []


def test_a_verified_claim_has_support_and_no_better_word_against_it(packed: World, answer: Answer) -> None:
    grades = independent_grades(packed)
    words: dict[Any, list[Row]] = {}
    for row in answer.testimony.values():
        if row["grade"] in grades:
            words.setdefault((row["vendor"], row["claim_id"]), []).append(row)
    for key in verified(answer):
        theirs = words[key[:2]]
        best = min(row["grade"] for row in theirs)
        assert {row["word"] for row in theirs if row["grade"] == best} == {"supports"}


def test_a_repeat_points_into_its_own_burst_at_no_repeat(packed: World, answer: Answer) -> None:
    series = {
        (row["vendor"], row["claim_id"], row["revision"]): (row["agent_id"], row["target"], row["action"])
        for row in reversed(packed.claims)
    }
    heard = {key[:2]: key for key, row in answer.verdicts.items() if row["reason"] not in SET_ASIDE}
    repeats = [(key, row) for key, row in answer.verdicts.items() if row["reason"] == "repeat"]
    assert repeats
    for key, row in repeats:
        original = heard[key[0], row["repeat_of"]]
        assert answer.verdicts[original]["reason"] != "repeat"
        assert series[original[:3]] == series[key[:3]]


SET_ASIDE = ("superseded", "duplicate_id")


def test_without_independent_events_nothing_is_verified(packed: World) -> None:
    grades = independent_grades(packed)
    bare = replace(packed, evidence=[row for row in packed.evidence if row["grade"] not in grades])
    assert verified(kernel_answer(bare)) == set()


@pytest.mark.parametrize(("slices", "threads"), [(3, 1), (7, 2)])
def test_slices_and_threads_change_nothing(packed: World, answer: Answer, slices: int, threads: int) -> None:
    assert differences(kernel_answer(packed, slices, threads), answer) == []


def shuffled_claims(claims: list[Row], rng: random.Random) -> list[Row]:
    """Shuffle claim rows, but leave rows of one (vendor, claim_id, revision) in the order in which they came."""
    waiting: dict[Any, list[Row]] = {}
    for row in claims:
        waiting.setdefault((row["vendor"], row["claim_id"], row["revision"]), []).append(row)
    order = [same for same, rows in waiting.items() for _ in rows]
    rng.shuffle(order)
    return [waiting[same].pop(0) for same in order]


def test_the_order_of_rows_changes_nothing(packed: World, answer: Answer) -> None:
    rng = random.Random(5)
    other = replace(packed, claims=shuffled_claims(packed.claims, rng))
    for kind in KINDS[1:]:
        rows = list(packed.rows(kind))
        rng.shuffle(rows)
        other = other.with_rows(kind, rows)
    assert differences(kernel_answer(other), answer) == []


@pytest.mark.parametrize("rule", RULES)
def test_grade_d_neither_makes_nor_breaks_a_verified_claim(rule: int) -> None:
    """Undone and taint apart: so there is none of grade D here, and nothing spoils."""
    whole = pack(worlds_of(rule, {"taint_from": []}))
    kept = [row for row in whole.evidence if row["grade"] != "D" or row["outcome"] != "undone"]
    bare = replace(
        whole,
        evidence=[row for row in kept if row["grade"] != "D"],
        coverage=[row for row in whole.coverage if row["grade"] != "D"],
    )
    with_d, without_d = kernel_answer(replace(whole, evidence=kept)), kernel_answer(bare)
    assert verified(with_d) == verified(without_d)
    for one, other in ((with_d, without_d), (without_d, with_d)):
        unseen = [key for key, row in one.verdicts.items() if row["reason"] == "no_evidence"]
        assert {other.verdicts[key]["reason"] for key in unseen} <= {"no_evidence", "repeat"}


def one_more_watch(each: World) -> Row:
    """Return one coverage row more for a world: some system watches one whole target."""
    rng = random.Random(f"watch {each.number}")
    event = rng.choice(each.evidence)
    return {
        "system": event["system"],
        "grade": event["grade"],
        "target_prefix": rng.choice(each.claims)["target"] or "crm/",
        "action": None,
        "starts_at": START - DAY,
        "ends_at": START + 30 * DAY,
    }


def reached(each: World, prefix: str) -> set[tuple[str, str]]:
    """Return the claims of the watched records, what is built on them, then of their records, and so on."""
    found: set[tuple[str, str]] = set()
    targets = {row["target"] for row in each.claims if prefix_begins(prefix, row["target"])}
    names: set[str] = set()
    while True:
        size = len(found)
        for row in each.claims:
            if row["target"] in targets or (row["target"] is None and row["claim_id"] in names):
                found.add((row["vendor"], row["claim_id"]))
            if (row["vendor"], row["parent_id"]) in found:
                found.add((row["vendor"], row["claim_id"]))
        targets |= {row["target"] for row in each.claims if (row["vendor"], row["claim_id"]) in found and row["target"]}
        # A claim that an event names shares that event's record, whatever it says of its own.
        names |= {claim_id for _, claim_id in found}
        targets |= {row["target"] for row in each.evidence if row["claim_ref"] in names and row["target"]}
        names |= {row["claim_ref"] for row in each.evidence if row["target"] in targets and row["claim_ref"]}
        if len(found) == size:
            return found


def changed(before: Answer, after: Answer) -> Iterable[tuple[Any, Row, Row]]:
    """Return the verdicts that differ in more than the mark of provisional."""
    for key, row in before.verdicts.items():
        other = after.verdicts[key]
        if {**row, "provisional": None} != {**other, "provisional": None}:
            yield key, row, other


@pytest.mark.parametrize("rule", RULES)
def test_one_more_coverage_row_reaches_only_its_records_and_what_is_built_on_them(rule: int) -> None:
    worlds = [each for each in worlds_of(rule) if each.evidence]
    before, watched, allowed = pack(worlds), [], set()
    for each in worlds:
        row = one_more_watch(each)
        prefix = f"{each.number:06d}~"
        watched.append(prefixed(row, "coverage", prefix))
        allowed |= {(prefix + vendor, prefix + name) for vendor, name in reached(each, row["target_prefix"])}
    after = replace(before, coverage=before.coverage + watched)
    found = list(changed(kernel_answer(before), kernel_answer(after)))
    assert found
    assert [key for key, _, _ in found if key[:2] not in allowed] == []
