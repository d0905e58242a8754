"""Scores and money: integers only, rounded down, never a score of nothing."""

from __future__ import annotations

from typing import Any

import pytest

from audit.kernel.pricing import money
from audit.kernel.score import Line, score, scores, share_bps


def line(state: str = "verified", **changes: Any) -> Line:
    known = {"vendor": "acme", "agent_id": "a1", "action": "x", "state": state, "reason": "", "currency": "USD"}
    return Line(**{**known, "claims": 1, "units": 1, "charge_micros": 1_000_000, "uncharged_claims": 0, **changes})


@pytest.mark.parametrize(
    ("part", "whole", "bps"), [(1, 3, 3333), (2, 3, 6666), (0, 1, 0), (1, 1, 10_000), (0, 0, None)]
)
def test_a_share_is_rounded_down(part: int, whole: int, bps: int | None) -> None:
    assert share_bps(part, whole) == bps


def test_not_claimed_is_in_neither_end() -> None:
    both = score([line(), line("unverifiable"), line("contradicted"), line("not_claimed", units=100)])
    assert (both.low_bps, both.high_bps, both.units) == (3333, 6666, 3)


def test_nothing_claimed_has_no_score() -> None:
    nothing = score([line("not_claimed")])
    assert (nothing.low_bps, nothing.high_bps) == (None, None)


def test_units_beyond_64_bits_stay_exact() -> None:
    huge = 2**63 - 1
    assert score([line(units=huge), line(units=huge), line("unsupported", units=huge)]).low_bps == 6666


def test_scores_by_agent_keep_vendors_apart() -> None:
    by_agent = scores([line(), line("contradicted", vendor="bolt")])["agent"]
    assert [(row["vendor"], row["agent_id"], row["low_bps"]) for row in by_agent] == [
        ("acme", "a1", 10_000),
        ("bolt", "a1", 0),
    ]


def test_money_is_kept_by_currency_and_a_missing_charge_is_counted() -> None:
    purses = money(
        [
            line(),
            line("unverifiable", charge_micros=2_000_000),
            line("contradicted", charge_micros=4_000_000),
            line("not_claimed", charge_micros=8_000_000),
            line(currency=None, charge_micros=0, uncharged_claims=1),
            line("contradicted", currency="EUR", charge_micros=5),
        ]
    )
    told = [
        (
            purse.currency,
            purse.charged_micros,
            purse.due_at_least_micros,
            purse.due_at_most_micros,
            purse.overcharged_at_least_micros,
            purse.uncharged_claims,
        )
        for purse in purses
    ]
    assert told == [
        ("EUR", 5, 0, 0, 5, 0),
        ("USD", 7_000_000, 1_000_000, 3_000_000, 4_000_000, 0),
        (None, 0, 0, 0, 0, 1),
    ]
