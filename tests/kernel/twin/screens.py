"""3.1 and 3.2: which row is the claim, and what is set aside before any witness is heard."""

from __future__ import annotations

from tests.kernel.twin.basics import Key, Row, claim_key


def number_rows(claims: list[Row]) -> list[Row]:
    """Give every row its ordinal among the rows of its (vendor, claim_id, revision), in received order, from 1."""
    seen: dict[tuple[str, str, int], int] = {}
    numbered = []
    for claim in claims:
        same = (claim["vendor"], claim["claim_id"], claim["revision"])
        seen[same] = seen.get(same, 0) + 1
        numbered.append({**claim, "row": seen[same]})
    return numbered


def current_rows(claims: list[Row]) -> dict[Key, Row]:
    """3.1: the first received row of the highest revision of each (vendor, claim_id), withdrawn or not."""
    current: dict[Key, Row] = {}
    for claim in claims:
        known = current.get(claim_key(claim))
        if known is None or claim["revision"] > known["revision"]:
            current[claim_key(claim)] = claim
    return current


def restatement(claim: Row, claims: list[Row]) -> str | None:
    """3.1: superseded, duplicate_id, or None for the row that is the claim."""
    namesakes = [other for other in claims if claim_key(other) == claim_key(claim)]
    highest = max(other["revision"] for other in namesakes)
    if claim["revision"] < highest:
        return "superseded"
    if any(other["withdrawn"] for other in namesakes if other["revision"] == highest):
        return "superseded"
    return None if claim["row"] == 1 else "duplicate_id"


def screen(claim: Row, rule: Row) -> str | None:
    """3.2: the first screen that applies, or None."""
    completed = claim["status"] in rule["completed_statuses"]
    if not completed and charges_nothing(claim, rule):
        return "own_failure"
    if claim["environment"] not in rule["production_environments"]:
        return "not_production"
    if rule["counted_actions"] is not None and claim["action"] not in rule["counted_actions"]:
        return "not_counted"
    if not completed:
        return "not_completed"
    if rule["registered_agents"] is not None and claim["agent_id"] not in rule["registered_agents"]:
        return "unregistered_agent"
    return None


def charges_nothing(claim: Row, rule: Row) -> bool:
    """3.2: the charge is 0, or null unless failures are billed."""
    if claim["charge_micros"] is None:
        return not rule["failures_are_billed"]
    return bool(claim["charge_micros"] == 0)
