"""The overview: every number leads to exactly its lines; it reads when empty, without tokens, in two currencies."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.kernel.terms import MEANINGS, Reason, State
from audit.models import Run, Total
from audit.operations import results
from audit.queries import lines, overview
from audit.vault.findings import TotalRow
from tenants.scope import scope
from tests.audit.pages.walk import SLUG, at, said
from tests.judged import Judged

pytestmark = pytest.mark.xdist_group("judged")
QUERIES = 20  # of one overview with a period before it; reviewed: it does not grow with the run


@pytest.fixture
def alice(judged: Judged) -> Client:
    """Northwind's admin."""
    return judged.browser("alice@northwind.example")


@pytest.fixture
def run(judged: Judged) -> Run:
    """Northwind's finished run."""
    with scope(judged.tenants[SLUG]):
        return Run.objects.select_related("rule_set").get()


def row(reason: Reason = Reason.SUPPORTED, units: int = 1, **more: Any) -> TotalRow:
    """One total of an invented run."""
    plain = TotalRow("v", "a", "act", date(2026, 3, 2), MEANINGS[reason].state, reason, "", units, units, 0, None)
    return replace(plain, **more)


def invented(judged: Judged, like: Run, rows: list[TotalRow], *, days_before: int = 0) -> Run:
    """A finished run with these totals, in the period of another or so many days before it."""
    with scope(judged.tenants[SLUG]):
        shift = timedelta(days=days_before)
        made = Run.objects.create(
            tenant_id=like.tenant_id,
            number=like.number + 1 + days_before,
            period_start=like.period_start - shift,
            period_end=like.period_end - shift,
            rule_set=like.rule_set,
            opened_by="user:1",
            state=Run.State.DONE,
            files=like.files,
            inputs=like.inputs,
        )
        results.write(made, results.Results(rows, []))
        return made


def overview_of(browser: Client, run: Run, **query: str) -> str:
    """The markup of a run's overview."""
    response = browser.get(at("overview"), {"run": str(run.id), **query})
    assert response.status_code == 200
    return response.content.decode()


def waterfall(text: str) -> list[tuple[str, int]]:
    """Where each line of the waterfall leads, and its units."""
    found = re.findall(r'<a class="verdict \w+" href="([^"]+)">.*?<td role="cell" class="r">([\d,]+)</td>', text)
    return [(unescape(href), int(units.replace(",", ""))) for href, units in found]


def units_behind(judged: Judged, run: Run, address: str) -> int:
    """Units of the lines, or of the totals of the discrepancies, to which an address leads."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked.pop("run") == str(run.id)
    with scope(judged.tenants[SLUG]):
        if "/discrepancies/" in address:
            return int(Total.objects.filter(run=run, **asked).aggregate(sum=Sum("units"))["sum"])
        return sum(line["units"] for line in lines.of(run, asked) if line["state"] != State.NOT_CLAIMED)


@pytest.mark.parametrize("bars", ["units", "USD", "EUR", "no currency"])
def test_every_bar_leads_to_the_units_it_counts(alice: Client, judged: Judged, run: Run, bars: str) -> None:
    found = waterfall(overview_of(alice, run, bars=bars))
    claimed, *reasons, verified = (units for _, units in found)
    assert claimed == sum(reasons) + verified
    for address, units in found:
        assert (f"currency={bars}" in address) == (bars in ("USD", "EUR"))
        assert units_behind(judged, run, address) == units


def test_a_line_in_money_leads_to_exactly_its_money(alice: Client, judged: Judged, run: Run) -> None:
    text = overview_of(alice, run, bars="USD")
    with scope(judged.tenants[SLUG]):
        steps = {step.reason: step for step in overview.steps(overview.tallies(run))}
        repeats = lines.of(run, {"reason": "repeat", "currency": "USD"})
        assert sum(line["charge_micros"] or 0 for line in repeats) == steps["repeat"].money["USD"]
    assert f"?run={run.id}&amp;reason=repeat&amp;currency=USD" in text


def test_a_day_and_a_currency_narrow_the_lines_and_say_so(alice: Client, judged: Judged, run: Run) -> None:
    link = re.search(r'<td><a href="([^"]+from=[^"]+)">', overview_of(alice, run))
    assert link
    address = unescape(link[1])
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items() if name != "run"}
    with scope(judged.tenants[SLUG]):
        count = lines.of(run, asked).count
        day = Total.objects.filter(run=run, day=asked["from"][:10]).aggregate(sum=Sum("claims"))["sum"]
    assert count == day
    text = alice.get(address).content.decode()
    assert f"of {count:,}" in text
    assert f'value="{asked["from"]}"' in text


def test_an_empty_run_says_so_and_shows_no_zero(alice: Client, judged: Judged, run: Run) -> None:
    text = said(alice.get(at("overview"), {"run": str(invented(judged, run, []).id)}))
    assert "Nothing was claimed in this period" in text
    assert "nothing can fall" in text
    assert "0 %" not in text.replace("\N{NO-BREAK SPACE}", " ").replace("0 to 100 %", "")


def test_a_run_without_tokens_says_that_they_are_not_known(alice: Client, judged: Judged, run: Run) -> None:
    text = said(alice.get(at("overview"), {"run": str(invented(judged, run, [row(units=9)]).id)}))
    assert text.count("cannot say: no line says its tokens") == 2


def test_two_currencies_stand_apart(alice: Client, judged: Judged, run: Run) -> None:
    rows = [
        row(units=3, currency="EUR", charge_micros=3_000_000),
        row(Reason.FAILED, 1, currency="EUR", charge_micros=1_000_000),
        row(Reason.NO_TARGET, 1, currency="USD", charge_micros=500_000),
    ]
    made = invented(judged, run, rows)
    text = said(alice.get(at("overview"), {"run": str(made.id)}))
    assert "Overcharged at least, EUR €1.00" in text
    assert "Overcharged at least, USD $0.00" in text
    assert "could be $0.50" in text
    drawn = overview_of(alice, made, bars="USD")
    assert 'aria-current="true">Money, USD' in drawn
    assert "$0.50" in drawn


def test_a_credit_note_stands_in_numbers_without_bars(alice: Client, judged: Judged, run: Run) -> None:
    rows = [
        row(units=3, currency="EUR", charge_micros=3_000_000),
        row(Reason.FAILED, 1, currency="EUR", charge_micros=-1_000_000),
    ]
    made = invented(judged, run, rows)
    assert "more credit than charge" in overview_of(alice, made, bars="EUR")
    assert "more credit than charge" not in overview_of(alice, made)


def test_only_the_busiest_agents_are_drawn_and_the_others_are_counted(alice: Client, judged: Judged, run: Run) -> None:
    rows = [row(units=100 + place, agent_id=f"agent {place:02} & co") for place in range(23)]
    text = overview_of(alice, invented(judged, run, rows))
    assert text.count('<tr><th scope="row">agent ') == 20
    assert '<a href="#by-agent">3 more</a>' in text
    assert '<tr><th scope="row">agent 22 &amp; co</th>' in text
    assert "vendor=v&amp;agent_id=agent+22+%26+co&amp;action=act" in text


def test_the_period_before_stands_beside_this_one(alice: Client, judged: Judged, run: Run) -> None:
    was = invented(judged, run, [row(units=10, tokens=100), row(Reason.FAILED, 10, tokens=100)], days_before=100)
    now = invented(judged, run, [row(units=30, tokens=900), row(Reason.FAILED, 10, tokens=100)])
    text = said(alice.get(at("overview"), {"run": str(now.id)})).replace("\N{NO-BREAK SPACE}", " ")
    assert "Claimed units 20 40 +20" in text
    assert "Score, low end 50.0 % 75.0 % +25.00 points" in text
    assert f"10 in run {was.number}" in text
    before = said(alice.get(at("overview"), {"run": str(was.id)}))
    assert "There is no finished run of every vendor for an earlier period" in before


def test_a_trial_or_another_vendor_s_run_is_not_the_period_before(alice: Client, judged: Judged, run: Run) -> None:
    trial = invented(judged, run, [row()], days_before=100)
    with scope(judged.tenants[SLUG]):
        Run.objects.filter(id=trial.id).update(trial=True)
        assert overview.before(run) is None


def test_the_queries_of_an_overview_do_not_grow_with_the_run(alice: Client, judged: Judged, run: Run) -> None:
    invented(judged, run, [row(tokens=5)], days_before=100)
    small = invented(judged, run, [row(currency="EUR", charge_micros=1)])
    counts = []
    for made in (small, run):
        with CaptureQueriesContext(connection) as asked:
            overview_of(alice, made)
        counts.append(len(asked))
    assert counts == [QUERIES, QUERIES]
