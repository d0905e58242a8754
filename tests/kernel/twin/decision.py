"""3.4: what the words and the silence of all systems make of one claim; and who is doomed by it."""

from __future__ import annotations

from tests.kernel.twin.basics import (
    GRADES,
    Decision,
    Key,
    Row,
    Word,
    after_micros,
    before_micros,
    claim_key,
    is_independent,
    prefix_begins,
)

EARLY_REASONS = {
    "failed": "failed",
    "wrong": "wrong_value",
    "disagree": "witnesses_disagree",
    "unseen": "no_evidence",
    "unheard": "outside_coverage",
}


def unite_coverage(coverage: list[Row]) -> list[Row]:
    """Section 1: rows alike in all else that touch or overlap are one."""
    united: list[Row] = []
    for row in sorted(coverage, key=lambda row: (row["starts_at"], row["ends_at"])):
        for known in united:
            if alike(known, row) and row["starts_at"] <= known["ends_at"]:
                known["ends_at"] = max(known["ends_at"], row["ends_at"])
                break
        else:
            united.append(dict(row))
    return united


def alike(one: Row, other: Row) -> bool:
    """Whether two coverage rows are alike in all but their time."""
    return all(one[name] == other[name] for name in ("system", "grade", "target_prefix", "action"))


def covers(row: Row, claim: Row, rule: Row) -> bool:
    """3.4 *Covers*: one coverage row, over the whole window of the claim."""
    return (
        prefix_begins(row["target_prefix"], claim["target"])
        and row["action"] in (None, claim["action"])
        and row["starts_at"] <= claim["occurred_at"] - before_micros(rule, claim["action"])
        and claim["occurred_at"] + after_micros(rule, claim["action"]) <= row["ends_at"]
    )


def decide(claim: Row, words: list[Word], coverage: list[Row], rule: Row) -> Decision:
    """3.4: the decision on one claim; `words` are all words on it, `coverage` is united."""
    watching = {row["grade"] for row in coverage if covers(row, claim, rule)}
    for grade in GRADES:
        if not is_independent(grade, rule):
            continue
        own = [word for word in words if word.event["grade"] == grade]
        if own:
            return weigh(own, grade, independent=True)
        # A system that covers the claim and has no word on it saw nothing.
        if grade in watching:
            return unseen_or_failed(grade, words, rule)
    return decide_without_independent(words, rule)


def weigh(words: list[Word], grade: str, *, independent: bool) -> Decision:
    """3.4: the table, for the words of one grade."""
    supporting = [word for word in words if word.word == "supports"]
    failing = [word for word in words if word.word == "failed"]
    if supporting and len(supporting) == len(words):
        return Decision("supported", grade, independent, in_order(supporting))
    if supporting:
        return Decision("disagree", grade, independent, in_order(words))
    if failing:
        return Decision("failed", grade, independent, in_order(failing))
    return Decision("wrong", grade, independent, in_order(words))


def unseen_or_failed(grade: str, words: list[Word], rule: Row) -> Decision:
    """3.4: only silence, unless the worse independent grades have words and every one is failed."""
    worse = [other for other in GRADES if other > grade and is_independent(other, rule)]
    theirs = [word for word in words if word.event["grade"] in worse]
    if theirs and all(word.word == "failed" for word in theirs):
        best = min(word.event["grade"] for word in theirs)
        return weigh([word for word in theirs if word.event["grade"] == best], best, independent=True)
    return Decision("unseen", grade, True)


def decide_without_independent(words: list[Word], rule: Row) -> Decision:
    """3.4: the other grades decide in order, silence aside; supported is then attested."""
    for grade in GRADES:
        own = [word for word in words if word.event["grade"] == grade]
        if own and not is_independent(grade, rule):
            decision = weigh(own, grade, independent=False)
            if decision.name == "supported":
                return Decision("attested", grade, False, decision.deciding)
            return decision
    return Decision("unheard")


def in_order(words: list[Word]) -> tuple[Word, ...]:
    """3.4: deciding events by (rank, occurred_at, system, event_id); the first is the deciding event."""
    return tuple(
        sorted(
            words,
            key=lambda word: (word.rank, word.event["occurred_at"], word.event["system"], word.event["event_id"]),
        )
    )


def decide_all(heard: list[Row], words: list[Word], coverage: list[Row], rule: Row) -> dict[Key, Decision]:
    """3.4, for every claim that was heard."""
    return {
        claim_key(claim): decide(claim, [word for word in words if word.claim == claim_key(claim)], coverage, rule)
        for claim in heard
    }


def ancestors(claim: Row, current: dict[Key, Row]) -> list[Row]:
    """3.6 *Ancestors*, the nearest first; a cycle ends where it closes, and nobody is his own ancestor."""
    line: list[Row] = []
    met = {claim["claim_id"]}
    step = claim
    while step["parent_id"] is not None and step["parent_id"] not in met:
        parent = current.get((step["vendor"], step["parent_id"]))
        if parent is None:
            break
        met.add(parent["claim_id"])
        line.append(parent)
        step = parent
    return line


def early_reason(claim: Row, set_aside: dict[Key, str], decisions: dict[Key, Decision]) -> str | None:
    """3.3 *Doomed*: a claim's reason as far as 3.1, 3.2 and 3.4 already give it."""
    key = claim_key(claim)
    if key in set_aside:
        return set_aside[key]
    name = decisions[key].name
    if name in ("unseen", "unheard") and claim["target"] is None:
        return "no_target"
    return EARLY_REASONS.get(name)


def find_doomed(
    heard: list[Row],
    current: dict[Key, Row],
    set_aside: dict[Key, str],
    decisions: dict[Key, Decision],
    rule: Row,
) -> set[Key]:
    """3.3 *Doomed*: claims with an ancestor whose early reason is in taint_from."""
    return {
        claim_key(claim)
        for claim in heard
        if any(
            early_reason(ancestor, set_aside, decisions) in rule["taint_from"] for ancestor in ancestors(claim, current)
        )
    }
