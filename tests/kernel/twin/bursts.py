"""3.5: bursts, misfires, groups, oscillation, repeats, units of work."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from tests.kernel.twin.basics import (
    MICROS,
    Decision,
    Key,
    Row,
    Unit,
    claim_key,
    is_independent,
    vendor_allows,
)

Effect = dict[str, str]


@dataclass
class Bursts:
    """What 3.5 finds: who oscillates, who repeats whom, the units of work, and each claim's burst by number."""

    oscillating: set[Key] = field(default_factory=set)
    repeat_of: dict[Key, Key] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    burst_of: dict[Key, int] = field(default_factory=dict)


@dataclass
class Scene:
    """What every clause of 3.5 looks at."""

    decisions: dict[Key, Decision]
    doomed: set[Key]
    rule: Row


def find_bursts(
    heard: list[Row], evidence: list[Row], decisions: dict[Key, Decision], doomed: set[Key], rule: Row
) -> Bursts:
    """3.5, whole."""
    scene = Scene(decisions, doomed, rule)
    found = Bursts()
    bursts = split_into_bursts(heard, evidence, rule)
    for number, burst in enumerate(bursts):
        found.burst_of.update({claim_key(claim): number for claim in burst})
        found.oscillating |= oscillation(burst, scene)
        for group in groups(burst, scene):
            found.repeat_of.update(repeats(group, found.oscillating, scene))
    found.units = units_of_work(heard, found)
    return found


def split_into_bursts(heard: list[Row], evidence: list[Row], rule: Row) -> list[list[Row]]:
    """3.5: claims with a target by (vendor, agent, target, action), in order, split by gaps and undone events."""
    series: dict[tuple[str, str, str, str], list[Row]] = {}
    for claim in sorted(heard, key=lambda claim: (claim["occurred_at"], claim["claim_id"])):
        if claim["target"] is not None:
            whose = (claim["vendor"], claim["agent_id"], claim["target"], claim["action"])
            series.setdefault(whose, []).append(claim)
    bursts: list[list[Row]] = []
    for claims in series.values():
        bursts.append([claims[0]])
        for earlier, later in pairwise(claims):
            if starts_new_burst(earlier, later, evidence, rule):
                bursts.append([])
            bursts[-1].append(later)
    return bursts


def starts_new_burst(earlier: Row, later: Row, evidence: list[Row], rule: Row) -> bool:
    """3.5: after a gap of more than the window, or an undone event after the one and not after the next."""
    if later["occurred_at"] - earlier["occurred_at"] > rule["burst_window_seconds"] * MICROS:
        return True
    return any(
        event["outcome"] == "undone"
        and is_independent(event["grade"], rule)
        and may_speak_of(event, earlier)
        and earlier["occurred_at"] < event["occurred_at"] <= later["occurred_at"]
        for event in evidence
    )


def may_speak_of(event: Row, claim: Row) -> bool:
    """3.5: same target, its action null or theirs, its vendor null or theirs."""
    return (
        event["target"] == claim["target"]
        and event["action"] in (None, claim["action"])
        and vendor_allows(event, claim["vendor"])
    )


def is_misfire(claim: Row, scene: Scene) -> bool:
    """3.5: decided failed, wrong or disagree by an independent grade."""
    decision = scene.decisions[claim_key(claim)]
    return decision.independent and decision.name in ("failed", "wrong", "disagree")


def known_effect(claim: Row, scene: Scene) -> Effect | None:
    """3.5: what is known to be written; None is unknown."""
    own: Effect | None = claim["effect"]
    decision = scene.decisions[claim_key(claim)]
    if is_misfire(claim, scene) or not (decision.independent and decision.deciding):
        return own
    seen: Effect | None = decision.deciding[0].event["effect"]
    if own is None or seen is None:
        return own or seen
    return {name: seen.get(name, value) for name, value in own.items()}


def oscillation(burst: list[Row], scene: Scene) -> set[Key]:
    """3.5: non-misfires that are not unseen, over one set of fields, among whom a value comes back after another."""
    if not scene.rule["oscillation_voids"]:
        return set()
    by_fields: dict[tuple[str, ...], list[tuple[Key, Effect]]] = {}
    for claim in burst:
        effect = known_effect(claim, scene)
        unseen = scene.decisions[claim_key(claim)].name == "unseen"
        if effect is not None and not unseen and not is_misfire(claim, scene):
            by_fields.setdefault(tuple(sorted(effect)), []).append((claim_key(claim), effect))
    return {
        key
        for series in by_fields.values()
        if some_value_comes_back([effect for _, effect in series])
        for key, _ in series
    }


def some_value_comes_back(values: list[Effect]) -> bool:
    """3.5: the same value at two places with another one between them."""
    return any(
        values[first] == values[last] and any(value != values[first] for value in values[first:last])
        for first in range(len(values))
        for last in range(first + 1, len(values))
    )


def groups(burst: list[Row], scene: Scene) -> list[list[Row]]:
    """3.5: equal known effects; or unknown, and the same session_id (null is equal to null)."""
    found: list[tuple[Effect | None, str | None, list[Row]]] = []
    for claim in burst:
        effect = known_effect(claim, scene)
        session = claim["session_id"] if effect is None else None
        for other_effect, other_session, members in found:
            if (other_effect, other_session) == (effect, session):
                members.append(claim)
                break
        else:
            found.append((effect, session, [claim]))
    return [members for _, _, members in found]


def repeats(group: list[Row], oscillating: set[Key], scene: Scene) -> dict[Key, Key]:
    """3.5: who of a group repeats whom."""
    misfires = [claim for claim in group if is_misfire(claim, scene)]
    others = [claim for claim in group if not is_misfire(claim, scene)]
    open_ones = [claim for claim in others if claim_key(claim) not in oscillating]
    found: dict[Key, Key] = {}
    if misfires and not any(is_good(claim, scene) for claim in others):
        rejection = misfires[0]
        rejected_at = scene.decisions[claim_key(rejection)].deciding[0].event["occurred_at"]
        for claim in open_ones:
            if claim["occurred_at"] <= rejected_at:
                found[claim_key(claim)] = claim_key(rejection)
        open_ones = [claim for claim in open_ones if claim["occurred_at"] > rejected_at]
    found.update(keep_one(open_ones, scene))
    return found


def is_good(claim: Row, scene: Scene) -> bool:
    """3.5: supported or attested."""
    return scene.decisions[claim_key(claim)].name in ("supported", "attested")


def keep_one(claims: list[Row], scene: Scene) -> dict[Key, Key]:
    """3.5: if they are at least burst_minimum one is kept, the others are repeat of it."""
    if len(claims) < scene.rule["burst_minimum"] or not claims:
        return {}
    kept = min(claims, key=lambda claim: preference(claim, scene))
    return {claim_key(claim): claim_key(kept) for claim in claims if claim is not kept}


def preference(claim: Row, scene: Scene) -> tuple[int, bool, int, str]:
    """3.5: supported, then attested, then the rest; doomed last; occurred_at; claim_id."""
    place = {"supported": 0, "attested": 1}.get(scene.decisions[claim_key(claim)].name, 2)
    return place, claim_key(claim) in scene.doomed, claim["occurred_at"], claim["claim_id"]


def units_of_work(heard: list[Row], found: Bursts) -> list[Unit]:
    """3.5: a kept or single claim with its repeats."""
    units = []
    for claim in heard:
        key = claim_key(claim)
        if key not in found.oscillating and key not in found.repeat_of:
            units.append(Unit(key, [key, *[other for other, kept in found.repeat_of.items() if kept == key]]))
    return units
