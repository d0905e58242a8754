"""3.6: what falls because it was undone, and what because it was built on something wrong."""

from __future__ import annotations

from dataclasses import dataclass

from tests.kernel.twin.basics import (
    Decision,
    EventKey,
    Key,
    Row,
    Unit,
    Word,
    claim_key,
    event_key,
    is_before,
    names_one_of,
    undo_micros,
    vendor_allows,
)
from tests.kernel.twin.decision import ancestors
from tests.kernel.twin.hearing import possible_by_reference


@dataclass
class Scene:
    """What every clause of 3.6 looks at."""

    claims: list[Row]
    heard: dict[Key, Row]
    evidence: list[Row]
    decisions: dict[Key, Decision]
    units: list[Unit]
    taken: set[EventKey]
    rule: Row


def supporting_words(key: Key, decisions: dict[Key, Decision]) -> list[Word]:
    """3.5: a claim's independent supporting deciding events."""
    decision = decisions[key]
    return [word for word in decision.deciding if decision.independent and word.word == "supports"]


def supporting_events(unit: Unit, decisions: dict[Key, Decision]) -> list[Row]:
    """3.5: the independent supporting deciding events of all members of a unit."""
    return [word.event for member in unit.members for word in supporting_words(member, decisions)]


def unit_time(unit: Unit, decisions: dict[Key, Decision]) -> int | None:
    """3.5: the latest occurred_at among its members' independent supporting deciding events, if there is one."""
    return max((event["occurred_at"] for event in supporting_events(unit, decisions)), default=None)


def latest_events(unit: Unit, decisions: dict[Key, Decision]) -> list[Row]:
    """3.6: the unit's latest supporting event, or all of them at that one instant."""
    time = unit_time(unit, decisions)
    return [event for event in supporting_events(unit, decisions) if event["occurred_at"] == time]


def undone_units(scene: Scene) -> dict[Key, EventKey]:
    """3.6: the kept claim of every unit that falls, and the earliest event that undoes it."""
    fallen: dict[Key, list[Row]] = {}
    for event in scene.evidence:
        if event["outcome"] != "undone":
            continue
        by_name = names_one_of(event, scene.claims)
        for unit in undone_by_reference(event, scene) if by_name else undone_by_record(event, scene):
            fallen.setdefault(unit.kept, []).append(event)
    return {
        kept: event_key(min(events, key=lambda event: (event["occurred_at"], *event_key(event))))
        for kept, events in fallen.items()
    }


def undone_by_reference(event: Row, scene: Scene) -> list[Unit]:
    """3.6, the first sentence: the unit of each claim with which the event is possible by reference."""
    return [
        unit
        for unit in scene.units
        for member in unit.members
        if possible_by_reference(scene.heard[member], event) and undoes_named(event, unit, member, scene)
    ]


def undoes_named(event: Row, unit: Unit, member: Key, scene: Scene) -> bool:
    """3.6: the unit's latest event is before it and no longer ago than the window; without a time, the claim's."""
    window = undo_micros(scene.rule, scene.heard[unit.kept]["action"])
    time = unit_time(unit, scene.decisions)
    if time is None:
        return bool(0 < event["occurred_at"] - scene.heard[member]["occurred_at"] <= window)
    some_before = any(is_before(latest, event) for latest in latest_events(unit, scene.decisions))
    return bool(some_before and event["occurred_at"] - time <= window)


def undone_by_record(event: Row, scene: Scene) -> list[Unit]:
    """3.6, the second sentence: the unit whose latest supporting event is the one that the event reverses."""
    candidates = [
        word
        for key in scene.heard
        for word in supporting_words(key, scene.decisions)
        if may_reverse(event, word, scene.heard[key])
    ]
    if not candidates:
        return []
    taken = max(candidates, key=lambda word: (word.event["occurred_at"], word.claim[1], word.claim[0], *place(word)))
    return [
        unit
        for unit in scene.units
        if taken.claim in unit.members
        and taken.event["occurred_at"] == unit_time(unit, scene.decisions)
        and event["occurred_at"] - taken.event["occurred_at"] <= undo_micros(scene.rule, action_of(unit, scene))
        and not reverses_other_work(event, taken, action_of(unit, scene), scene)
    ]


def place(word: Word) -> EventKey:
    """3.6, ties: after claim_id and vendor come system and event_id."""
    return event_key(word.event)


def action_of(unit: Unit, scene: Scene) -> str:
    """The action of a unit."""
    return str(scene.heard[unit.kept]["action"])


def target_of(word: Word, claim: Row) -> str | None:
    """3.6: an event without target stands on its claim's."""
    target: str | None = claim["target"] if word.event["target"] is None else word.event["target"]
    return target


def may_reverse(event: Row, word: Word, claim: Row) -> bool:
    """3.6: before it, on the same target, same action if it has one, its vendor allowing."""
    return (
        event["target"] is not None
        and target_of(word, claim) == event["target"]
        and event["action"] in (None, claim["action"])
        and vendor_allows(event, claim["vendor"])
        and is_before(word.event, event)
    )


def reverses_other_work(event: Row, taken: Word, action: str, scene: Scene) -> bool:
    """3.6: its system saw a later done event, of the unit's action or of none, before it, that no claim took."""
    return any(
        other["system"] == event["system"]
        and other["outcome"] == "done"
        and other["target"] == event["target"]
        and other["action"] in (None, action)
        and event_key(other) not in scene.taken
        and is_before(taken.event, other)
        and is_before(other, event)
        for other in scene.evidence
    )


def nearest_taint(claim: Row, current: dict[Key, Row], reasons: dict[Key, str], rule: Row) -> str | None:
    """3.6: the claim_id of the nearest ancestor whose reason, as told, is in taint_from."""
    for ancestor in ancestors(claim, current):
        if reasons.get(claim_key(ancestor)) in rule["taint_from"]:
            return str(ancestor["claim_id"])
    return None
