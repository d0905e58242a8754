"""The arithmetic of the overview, exactly: against plain Python over any totals, and where something is missing."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.kernel.terms import MEANINGS, Reason, State
from audit.queries import overview
from audit.queries.overview import Tally


def tally(
    reason: Reason = Reason.SUPPORTED,
    units: int = 1,
    *,
    agent_id: str = "a",
    action: str = "api_call",
    currency: str = "",
    micros: int = 0,
    tokens: int = 0,
) -> Tally:
    state = MEANINGS[reason].state
    return Tally("v", agent_id, action, state, reason, currency, units, units, micros, tokens, units if tokens else 0)


tallies = st.lists(
    st.builds(
        tally,
        st.sampled_from(list(Reason)),
        st.integers(1, 10**9),
        agent_id=st.sampled_from(["x", "y"]),
        action=st.sampled_from(["a", "b", "c"]),
        currency=st.sampled_from(["", "EUR", "USD"]),
        micros=st.integers(-(10**12), 10**12),
        tokens=st.integers(0, 10**12),
    ),
    max_size=30,
)


@given(tallies)
def test_the_reasons_of_a_run_sum_to_all_of_it(rows: list[Tally]) -> None:
    steps = overview.steps(rows)
    assert (
        sum(step.units for step in steps)
        == sum(row.units for row in rows)
        == sum(overview.units_by_state(rows).values())
    )
    for currency in ("EUR", "USD"):
        assert sum(step.money.get(currency, 0) for step in steps) == sum(
            row.charge_micros for row in rows if row.currency == currency
        )


@given(tallies)
def test_activity_sums_to_what_was_claimed(rows: list[Tally]) -> None:
    kept = [row for row in rows if row.state != State.NOT_CLAIMED]
    found = overview.activity(rows)
    assert sum(kind.claimed for kind in found) == sum(row.units for row in kept)
    assert sum(kind.verified for kind in found) == sum(row.units for row in kept if row.state == State.VERIFIED)


@given(tallies)
def test_the_cells_of_agents_and_actions_sum_to_what_was_claimed(rows: list[Tally]) -> None:
    kept = [row for row in rows if row.state != State.NOT_CLAIMED]
    found = overview.shares(rows)
    assert set(found) == {(row.vendor, row.agent_id, row.action) for row in kept}
    for (_, agent, action), share in found.items():
        cell = [row for row in kept if (row.agent_id, row.action) == (agent, action)]
        verified = sum(row.units for row in cell if row.state == State.VERIFIED)
        assert (share.claimed, share.verified) == (sum(row.units for row in cell), verified)
        assert share.bps == verified * 10_000 // share.claimed


@given(tallies)
def test_money_at_stake_never_mixes_currencies(rows: list[Tally]) -> None:
    charged, wrong, open_end = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        if row.state != State.NOT_CLAIMED and row.currency:
            charged[row.currency] += row.charge_micros
            wrong[row.currency] += row.charge_micros * (row.state in (State.CONTRADICTED, State.UNSUPPORTED))
            open_end[row.currency] += row.charge_micros * (row.state == State.UNVERIFIABLE)
    assert [(p.currency, p.charged, p.stake_at_least, p.stake_at_most) for p in overview.purses(rows)] == [
        (currency, charged[currency], wrong[currency], wrong[currency] + open_end[currency])
        for currency in sorted(charged)
    ]


@given(tallies)
def test_every_rate_has_its_part_and_its_whole(rows: list[Tally]) -> None:
    found = overview.rates(rows)
    whole = sum(row.units for row in rows if row.state != State.NOT_CLAIMED)
    assert {rate.whole for rate in found.values()} == {whole}
    assert found["rework"].part == sum(row.units for row in rows if row.reason in (Reason.REPEAT, Reason.OSCILLATION))
    assert found["reopened"].part == sum(row.units for row in rows if row.reason == Reason.UNDONE)
    assert all((rate.bps is None) == (whole == 0) for rate in found.values())


@given(tallies, tallies)
def test_the_held_mix_weighs_the_rates_of_now_with_the_units_of_then(now: list[Tally], then: list[Tally]) -> None:
    found = overview.held(now, then, "units")
    one, other = _by_action(now), _by_action(then)
    common = {action for action in one if action in other and one[action][0] and other[action][0]}
    if not common:
        assert found is None
        return
    assert found is not None
    whole = sum(other[action][1] for action in common)
    assert found.now == int(sum(Fraction(other[a][1] * one[a][0], one[a][1]) for a in common) / whole)
    assert found.before == sum(other[a][0] for a in common) // whole


def _by_action(rows: list[Tally]) -> dict[str, tuple[int, int]]:
    """Tokens, and the units of the totals that carry them."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.state != State.NOT_CLAIMED:
            tokens, units = found.get(row.action, (0, 0))
            found[row.action] = (tokens + row.tokens, units + row.token_units)
    return found


def test_a_shift_to_dearer_work_alone_does_not_change_the_held_rate() -> None:
    then = [tally(units=90, action="cheap", tokens=900), tally(units=10, action="dear", tokens=1000)]
    now = [tally(units=10, action="cheap", tokens=100), tally(units=90, action="dear", tokens=9000)]
    assert (overview.spent(then).per("units"), overview.spent(now).per("units")) == (19, 91)
    found = overview.held(now, then, "units")
    assert found is not None
    assert (found.before, found.now, found.left_out) == (19, 19, 0)


def test_tokens_that_nobody_reported_are_unknown_and_not_nothing() -> None:
    silent = overview.spent([tally(units=5)])
    assert (silent.per("units"), silent.per("verified"), silent.silent) == (None, None, 5)
    assert overview.held([tally(units=5)], [tally(units=5, tokens=9)], "units") is None


def test_units_without_tokens_do_not_thin_the_rate() -> None:
    spent = overview.spent([tally(units=10, tokens=100), tally(units=90)])
    assert (spent.per("units"), spent.silent) == (10, 90)


def test_tokens_of_what_failed_are_paid_for_by_what_is_verified() -> None:
    spent = overview.spent([tally(units=10, tokens=100), tally(Reason.FAILED, 10, tokens=100)])
    assert (spent.per("units"), spent.per("verified")) == (10, 20)
    assert overview.spent([tally(Reason.FAILED, 10, tokens=100)]).per("verified") is None


@pytest.mark.parametrize("count", [0, 1])
def test_what_is_not_claimed_is_in_no_number_but_its_own(count: int) -> None:
    rows = [tally(Reason.SUPERSEDED, 7, currency="EUR", micros=3, tokens=9)] * count
    assert overview.activity(rows) == []
    assert overview.purses(rows) == []
    assert overview.spent(rows).per("units") is None
    assert overview.rates(rows)["verified"].bps is None
