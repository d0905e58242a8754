"""What a stated count proves, told by its figures alone: never more certain than lines, events and coverage are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from audit.models import StatedCount
from audit.operations.reckoning import variance
from audit.queries.counts import Said, says, share_bps

MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
ANY = {
    **{"period_start": MARCH, "period_end": APRIL, "reckoned_at": APRIL, "watch": "whole"},
    **{"lines_from": datetime(2026, 2, 20, tzinfo=UTC), "lines_until": datetime(2026, 4, 20, tzinfo=UTC)},
}


def count(units: int | None = None, **found: Any) -> StatedCount:
    """A count as a reckoning leaves it."""
    row = StatedCount(tenant_id=uuid4(), **{**ANY, "units": units, **found})
    row.variance, row.differs = variance(row)
    return row


def proof(units: int | None = None, **found: Any) -> Said:
    """What it proves."""
    return says(count(units, **found))


LINES = {"claim_count": 10, "claim_units": 10}


def test_more_stated_than_sent_asks_for_lines_and_fewer_asks_which_do_not_count() -> None:
    assert proof(1_210, **LINES).sentence == (
        "The vendor states 1,200 units more than the lines it sent: ask for the missing lines."
    )
    assert proof(9, **LINES) == Said(
        "fewer", "The lines add up to 1 unit more than the vendor states: ask which it does not count."
    )


def test_equal_sums_say_nothing_of_the_work() -> None:
    assert proof(10, **LINES).sentence.endswith("whether the work was done is judged line by line.")
    assert proof(10, **LINES, money={"EUR": 5}, claim_money={"EUR": 4}).proof == "differs"
    assert proof(10, **LINES, money={"EUR": 5}, claim_money={}).proof == "equal", "lines without charges say nothing"


@pytest.mark.parametrize(
    ("name", "value"),
    [("lines_from", datetime(2026, 3, 10, tzinfo=UTC)), ("lines_until", datetime(2026, 3, 20, tzinfo=UTC))],
)
def test_lines_of_a_part_of_the_bucket_leave_the_variance_open(name: str, value: datetime) -> None:
    found = proof(30, **LINES, **{name: value})
    assert found.proof == "part"
    assert f"{value:%Y-%m-%d}" in found.sentence
    assert "20 units more may lie outside" in found.sentence
    assert proof(9, **LINES, **{name: value}).proof == "fewer", "a part that exceeds the whole is told all the same"


def test_without_lines_events_are_a_ceiling_only_where_somebody_watched_throughout() -> None:
    assert proof(100, event_units=40).sentence == (
        "No line came for this bucket. At most 40 of the 100 stated units could have left a trace in the watched "
        "systems, so at least 60 have none there."
    )
    holes = proof(100, event_units=40, watch="holes", hole=["crm", "crm/", "a", "b"])
    assert holes == Said("holes", "No line came for this bucket. Cannot say: holes in coverage (crm at crm/).")
    assert proof(100, event_units=40, watch="nobody").proof == "unwatched"
    assert proof(100, watch="nobody").sentence.endswith("there is nothing to check it with.")
    assert proof(100, event_units=100).proof == "possible"
    assert proof(tokens=100, event_units=40).proof == "uncountable"


def test_tokens_and_money_are_compared_where_units_are_not_stated() -> None:
    assert "500 tokens more" in proof(tokens=1_500, **LINES, claim_tokens=1_000).sentence
    assert "0.50 EUR more" in proof(money={"EUR": 1_500_000}, **LINES, claim_money={"EUR": 1_000_000}).sentence
    assert proof(tokens=1_500, **LINES).proof == "differs", "lines without tokens cannot be compared"


def test_the_share_is_of_what_is_stated() -> None:
    assert share_bps(count(1_210, **LINES)) == 9_917
    assert share_bps(count(9, **LINES)) == -1_111
    assert share_bps(count(0, **LINES)) is None


def test_what_was_not_reckoned_proves_nothing() -> None:
    assert proof(10, reckoned_at=None).proof == "unreckoned"
