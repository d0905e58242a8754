"""Section 4: what a run yields besides its verdicts: testimony, unclaimed work, totals, scores, money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.kernel.twin.basics import (
    GRADES,
    EventKey,
    Row,
    Word,
    event_key,
    is_independent,
    names_one_of,
    prefix_begins,
)

Group = tuple[str | None, ...]
SUMMED = ("units", "charge_micros", "tokens_input", "tokens_cached", "tokens_output")


def testimony(words: list[Word]) -> list[Row]:
    """4: every word of every system."""
    rows = [
        {
            "vendor": word.claim[0],
            "claim_id": word.claim[1],
            "system": word.event["system"],
            "grade": word.event["grade"],
            "word": word.word,
            "rank": word.rank,
            "event_id": word.event["event_id"],
        }
        for word in words
    ]
    return sorted(rows, key=lambda row: (row["vendor"], row["claim_id"], row["system"]))


def best_grade_of(target: str, evidence: list[Row], coverage: list[Row], rule: Row) -> str | None:
    """4, unclaimed: the best independent grade that watches or saw the target."""
    for grade in GRADES:
        watches = any(row["grade"] == grade and prefix_begins(row["target_prefix"], target) for row in coverage)
        saw = any(event["grade"] == grade and event["target"] == target for event in evidence)
        if is_independent(grade, rule) and (watches or saw):
            return grade
    return None


def by_a_bound_actor(event: Row, actors: list[Row]) -> bool:
    """4, unclaimed: by a bound actor where the system has bindings."""
    bindings = [row for row in actors if row["system"] == event["system"]]
    return not bindings or any(row["actor"] == event["actor"] for row in bindings)


def unclaimed(
    claims: list[Row],
    heard: list[Row],
    evidence: list[Row],
    coverage: list[Row],
    actors: list[Row],
    taken: set[EventKey],
    rule: Row,
) -> list[EventKey]:
    """4: independent done events that no claim took and that name no claim that was heard."""
    actions = {claim["action"] for claim in claims}
    return sorted(
        event_key(event)
        for event in evidence
        if event["outcome"] == "done"
        and is_independent(event["grade"], rule)
        and event_key(event) not in taken
        and not names_one_of(event, heard)
        and event["target"] is not None
        and event["grade"] == best_grade_of(event["target"], evidence, coverage, rule)
        and event["action"] in actions
        and by_a_bound_actor(event, actors)
    )


def day_of(instant: int) -> str:
    """The UTC day of an instant in microseconds."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).date().isoformat()


def totals(rows: list[Row], verdicts: list[Row]) -> dict[Group, dict[str, int]]:
    """4: by vendor, agent, action, UTC day, state, reason and currency: claims, units, money, tokens."""
    found: dict[Group, dict[str, int]] = {}
    for claim, verdict in zip(rows, verdicts, strict=True):
        group = (
            claim["vendor"],
            claim["agent_id"],
            claim["action"],
            day_of(claim["occurred_at"]),
            verdict["state"],
            verdict["reason"],
            claim["currency"],
        )
        sums = found.setdefault(group, {"claims": 0, **dict.fromkeys(SUMMED, 0)})
        sums["claims"] += 1
        for name in SUMMED:
            sums[name] += claim[name] or 0
    return found


def score(verdicts: list[Row]) -> tuple[int, int] | None:
    """4: low and high in basis points, rounded down; nothing claimed, no score."""
    units = {state: sum(row["units"] for row in verdicts if row["state"] == state) for state in STATES}
    claimed = sum(units.values()) - units["not_claimed"]
    if claimed == 0:
        return None
    verified = units["verified"]
    return verified * 10_000 // claimed, (verified + units["unverifiable"]) * 10_000 // claimed


STATES = ("verified", "contradicted", "unsupported", "unverifiable", "not_claimed")


def scores(rows: list[Row], verdicts: list[Row]) -> dict[Group, tuple[int, int] | None]:
    """4: for the run, and by vendor, agent (of a vendor), action."""
    found: dict[Group, tuple[int, int] | None] = {("run",): score(verdicts)}
    for name, columns in (("vendor", ["vendor"]), ("agent", ["vendor", "agent_id"]), ("action", ["action"])):
        groups: dict[Group, list[Row]] = {}
        for claim, verdict in zip(rows, verdicts, strict=True):
            groups.setdefault((name, *(claim[column] for column in columns)), []).append(verdict)
        found.update({group: score(theirs) for group, theirs in groups.items()})
    return found


def money(rows: list[Row], verdicts: list[Row]) -> dict[str | None, dict[str, int]]:
    """4, per currency: charged, due at least, due at most, overcharged at least; what is not claimed is not charged."""
    found: dict[str | None, dict[str, int]] = {}
    for claim, verdict in zip(rows, verdicts, strict=True):
        if verdict["state"] == "not_claimed":
            continue
        sums = found.setdefault(claim["currency"], {"charged": 0, "due_at_least": 0, "due_at_most": 0})
        charge = claim["charge_micros"] or 0
        sums["charged"] += charge
        sums["due_at_least"] += charge if verdict["state"] == "verified" else 0
        sums["due_at_most"] += charge if verdict["state"] in ("verified", "unverifiable") else 0
    for sums in found.values():
        sums["overcharged_at_least"] = sums["charged"] - sums["due_at_most"]
    return found
