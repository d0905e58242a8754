"""The simple matching that the peers do: what a competent user would write in an afternoon, and no more.

A claim is considered if it is not withdrawn, completed, in production, counted, of a registered agent, and has a
target. It may be answered by an independent event, done or failed, of the same target and action (or none), of its
vendor (or none), inside the window. In each system it takes its earliest event; an event that several take goes to the
earliest of them, and the others get nothing in that system. The best grade decides: done before failed.

Left out, and done by the kernel: restatement and duplicate ids; what events name; who is an agent in a system; effects;
ranks and first come, first served; the doomed; coverage, so silence and nobody watching are one; disagreement; bursts;
undone work; taint; units; unclaimed work; totals, checks, order, digests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STATES = ("verified", "contradicted", "unsupported", "not_considered")


def rule(path: Path) -> dict[str, Any]:
    """The rule set as it was written."""
    given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return given


def matched(given: dict[str, Any]) -> str:
    """SQL for PostgreSQL and DuckDB: which event answers which claim, over `claims` and `evidence`."""
    return f"""
    with considered as (
        select claim, vendor, action, target, occurred_at from claims where {considered(given)}
    ),
    possible as (
        select
            considered.claim, considered.occurred_at as claimed_at,
            evidence.event, evidence.system, evidence.event_id, evidence.grade, evidence.outcome, evidence.occurred_at
        from considered
        join evidence on evidence.target = considered.target
            and evidence.occurred_at >= considered.occurred_at - interval '{given["match_before_seconds"]} seconds'
            and evidence.occurred_at <= considered.occurred_at + interval '{given["match_after_seconds"]} seconds'
        where evidence.outcome in ('done', 'failed')
            and evidence.grade in ({_texts(given["independent_grades"])})
            and (evidence.action is null or evidence.action = considered.action)
            and (evidence.vendor is null or evidence.vendor = considered.vendor)
    ),
    taken as (
        select distinct on (claim, system) claim, claimed_at, event, system, event_id, grade, outcome
        from possible
        order by claim, system, occurred_at, event_id
    )
    select distinct on (event) claim, event, system, event_id, grade, outcome
    from taken
    order by event, claimed_at, claim
    """


def verdicts(given: dict[str, Any]) -> str:
    """SQL for PostgreSQL and DuckDB: a verdict for every claim row, over `claims` and `matched`."""
    return f"""
    with deciding as (
        select distinct on (claim) claim, outcome, system, event_id
        from matched
        order by claim, grade, outcome, system
    )
    select
        claims.vendor, claims.claim_id, claims.revision,
        case
            when deciding.outcome = 'done' then 'verified'
            when deciding.outcome = 'failed' then 'contradicted'
            when {considered(given)} then 'unsupported'
            else 'not_considered'
        end as state,
        deciding.system as event_system, deciding.event_id, claims.units, claims.charge_micros
    from claims
    left join deciding on deciding.claim = claims.claim
    """


PAIRS = """
select claims.vendor, claims.claim_id, claims.revision, matched.system, matched.event_id, matched.outcome
from matched
join claims on claims.claim = matched.claim
"""
"""What is compared with the others' afterwards."""


def considered(given: dict[str, Any]) -> str:
    """The condition under which a claim is considered."""
    return f"""(not claims.withdrawn
            and claims.status in ({_texts(given["completed_statuses"])})
            and claims.environment in ({_texts(given["production_environments"])})
            and claims.action in ({_texts(given["counted_actions"])})
            and claims.agent_id in ({_texts(given["registered_agents"])})
            and claims.target is not null)"""


def _texts(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
