"""The steps of section 3 in their order, from inputs to an outcome."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.kernel.twin.basics import (
    DEFAULT_RULE,
    Decision,
    EventKey,
    Key,
    Row,
    Word,
    claim_key,
    event_key,
    without_ignored,
)
from tests.kernel.twin.bursts import find_bursts
from tests.kernel.twin.decision import decide_all, find_doomed, unite_coverage
from tests.kernel.twin.hearing import hold_hearing, possible_pairs, taken_events
from tests.kernel.twin.screens import current_rows, number_rows, restatement, screen
from tests.kernel.twin.undoing import Scene, undone_units
from tests.kernel.twin.verdicts import Findings, final_reasons, verdict_of_heard, verdict_of_screened
from tests.kernel.twin.yields import Group, money, scores, testimony, totals, unclaimed


@dataclass
class Outcome:
    """What a run yields (section 4), and each heard claim's burst by number, for the laws of section 5."""

    verdicts: list[Row]
    testimony: list[Row]
    unclaimed: list[EventKey]
    totals: dict[Group, dict[str, int]]
    scores: dict[Group, tuple[int, int] | None]
    money: dict[str | None, dict[str, int]]
    burst_of: dict[Key, int] = field(default_factory=dict)


def judge(claims: list[Row], evidence: list[Row], coverage: list[Row], actors: list[Row], rule: Row) -> Outcome:
    """Judge every claim row: section 3 from end to end, then section 4."""
    rule = {**DEFAULT_RULE, **rule}
    rows = [{**row, "effect": without_ignored(row["effect"], rule)} for row in number_rows(claims)]
    events = [{**event, "effect": without_ignored(event["effect"], rule)} for event in drop_copies(evidence)]
    coverage = unite_coverage(coverage)
    row_reasons = [restatement(row, rows) or screen(row, rule) for row in rows]
    heard = [row for row, reason in zip(rows, row_reasons, strict=True) if reason is None]
    current = current_rows(rows)
    set_aside = {
        claim_key(row): reason
        for row, reason in zip(rows, row_reasons, strict=True)
        if reason is not None and current[claim_key(row)] is row
    }
    words, decisions, doomed = hear_twice(heard, events, rows, coverage, actors, current, set_aside, rule)
    taken = taken_events(words)
    bursts = find_bursts(heard, events, decisions, doomed, rule)
    by_key = {claim_key(row): row for row in heard}
    undone = undone_units(Scene(rows, by_key, events, decisions, bursts.units, taken, rule))
    findings = Findings(set_aside, current, by_key, decisions, bursts, undone, coverage, rule)
    reasons, tainted_by = final_reasons(findings)
    verdicts = [
        verdict_of_screened(row, reason) if reason else verdict_of_heard(row, reasons, tainted_by, findings)
        for row, reason in zip(rows, row_reasons, strict=True)
    ]
    return Outcome(
        verdicts=verdicts,
        testimony=testimony(words),
        unclaimed=unclaimed(rows, heard, events, coverage, actors, taken, rule),
        totals=totals(rows, verdicts),
        scores=scores(rows, verdicts),
        money=money(rows, verdicts),
        burst_of=bursts.burst_of,
    )


def hear_twice(
    heard: list[Row],
    events: list[Row],
    rows: list[Row],
    coverage: list[Row],
    actors: list[Row],
    current: dict[Key, Row],
    set_aside: dict[Key, str],
    rule: Row,
) -> tuple[list[Word], dict[Key, Decision], set[Key]]:
    """3.3 *Doomed*: the hearing is held twice and only the second counts."""
    pairs = possible_pairs(heard, events, rows, actors, rule)
    first = decide_all(heard, hold_hearing(heard, pairs, set()), coverage, rule)
    doomed = find_doomed(heard, current, set_aside, first, rule)
    words = hold_hearing(heard, pairs, doomed)
    return words, decide_all(heard, words, coverage, rule), doomed


def drop_copies(evidence: list[Row]) -> list[Row]:
    """Section 1: a second row with the same (system, event_id) and content is dropped."""
    known: dict[EventKey, Row] = {}
    for event in evidence:
        known.setdefault(event_key(event), event)
    return list(known.values())
