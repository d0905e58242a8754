"""Agreed prices: what they give on a run's lines, where nobody can say, and that a used price stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from audit.models import RateCard, Run, Total
from audit.operations import parties
from audit.operations.faults import Refused
from tenants.scope import scope
from tests.audit.pages.walk import at, get, post
from tests.desk import BY, EVIDENCE, Desk, event, open_desk
from tests.world import World

HEADER = (
    "claim_id,agent_id,action,target,occurred_at,charge_micros,currency,status,units,session_id,tokens_input,"
    "tokens_output\n"
)


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def line(number: int, action: str = "record_update", micros: str = "1500000", more: str = "completed,1,s1,10,5") -> str:
    """One claim on the case of its number. more: status, units, session, tokens in and out."""
    return f"c{number},a1,{action},crm/Case/{number},2026-03-02T09:00:00Z,{micros},EUR,{more}\n"


def agree(desk: Desk, basis: str, micros: int, action: str = "", day: int = 1, currency: str = "EUR") -> RateCard:
    """A price from a day of March on."""
    with scope(desk.tenant_id):
        return parties.add_rate_card(desk.vendor, action, micros, currency, date(2026, 3, day), BY, basis=basis)


def run_over(desk: Desk, *lines: str) -> Run:
    """A finished run over these claims; the system of record saw the first case."""
    desk.take(desk.claims, HEADER + "".join(lines))
    desk.take(desk.evidence, EVIDENCE + event(1))
    return desk.run()


def found(run: Run, card: RateCard, *names: str) -> tuple[Any, ...]:
    """What the card gave in the run."""
    rows = {row["id"]: row for row in run.prices["cards"]}
    return tuple(rows[str(card.id)][name] for name in names)


def test_every_line_takes_the_price_that_holds_for_its_action_and_day(desk: Desk) -> None:
    older, newer = agree(desk, "unit", 1_000_000), agree(desk, "unit", 2_000_000, day=2)
    own, later = agree(desk, "action", 500_000, "api_call"), agree(desk, "unit", 9, day=3)
    foreign = agree(desk, "unit", 7, "api_call", currency="USD")
    run = run_over(desk, line(1, more="completed,3,s1,,"), line(2), line(3, "api_call", "500000", "completed,4,s1,,"))
    assert [row["id"] for row in run.prices["cards"]] == sorted([str(newer.id), str(own.id)])
    assert found(run, newer, "lines", "quantity", "due_at_least", "due_at_most") == (2, 4, 0, 3)
    assert found(run, newer, "differing_lines", "over_micros", "under_micros") == (2, 0, 5_000_000)
    assert found(run, own, "quantity", "differing_lines") == (1, 0)
    used = [desk.see(card).used_by_id for card in (older, newer, own, later, foreign)]
    assert used == [None, run.id, run.id, None, None]


def test_conversations_and_resolutions_count_once(desk: Desk) -> None:
    talk = agree(desk, "conversation", 2_000_000)
    run = run_over(desk, line(1), line(2), line(3, more="completed,1,s2,,"))
    assert found(run, talk, "quantity", "due_at_least", "due_at_most", "unknown_lines") == (2, 1, 1, 0)
    solved = agree(desk, "resolution", 990_000, day=2)
    more = [line(4, "case_resolution"), line(5, "case_resolution", more="failed,1,s3,,"), line(6)]
    unsaid = line(7, "case_resolution", more="unknown,1,s3,,")
    run = run_over(desk, *more, unsaid)
    assert found(run, solved, "quantity", "unknown_lines") == (1, 1)


def test_what_the_lines_do_not_say_is_never_taken_as_nothing(as_vera: Client, desk: Desk) -> None:
    tokens = agree(desk, "token", 333_333)
    run = run_over(desk, line(1), line(2, more="completed,1,s1,10,"), line(3, micros=""))
    assert found(run, tokens, "quantity", "unknown_lines", "uncharged_lines") == (30, 1, 1)
    text = get(as_vera, at("run", run_id=run.id))
    assert "at least €0.000009" in text
    assert "cut off below a millionth" in text
    assert "Cannot say for 1 of the lines: it does not say its tokens." in text
    assert "€3.00 cannot say" in text


def test_lines_that_no_price_covers_are_counted(as_vera: Client, desk: Desk) -> None:
    agree(desk, "unit", 1, "api_call")
    run = run_over(desk, line(1), line(2))
    assert run.prices == {"cards": [], "unpriced_lines": 2}
    assert "No price was agreed for the day of 2 of the lines" in get(as_vera, at("run", run_id=run.id))


def test_a_used_price_is_followed_and_never_taken_back(as_alice: Client, desk: Desk) -> None:
    card = agree(desk, "unit", 1_500_000)
    run = run_over(desk, line(1))
    with scope(desk.tenant_id), pytest.raises(Refused, match="Run 1 was priced with it"):
        parties.drop_rate_card(RateCard.objects.get(id=card.id), BY)
    assert "Run 1 was priced with it, so it stays" in get(as_alice, at("rate-card-drop", card_id=card.id))
    address = f"{at('rate-cards')}?after={card.id}"
    assert "EUR" in as_alice.get(address).content.decode()
    form = {"vendor": desk.vendor.id, "basis": "conversation", "price": "2", "currency": "EUR"}
    text = post(as_alice, at("rate-card-add"), **form, starts_on="2026-03-02")
    assert "1 Mar 2026 to 1 Mar 2026" in text
    assert "€2.00 conversation from 2 Mar 2026 on" in text
    assert desk.see(run).prices == run.prices


def test_tokens_that_no_line_says_stay_unknown_and_none_used_is_none(desk: Desk) -> None:
    run = run_over(desk, line(1, more="completed,1,s1,,"), line(2, "api_call", more="completed,1,s1,0,0"))
    totals = desk.ask(lambda: dict(Total.objects.filter(run=run).values_list("action", "tokens")))
    assert totals == {"record_update": None, "api_call": 0}
