"""Alerts: each kind is raised once while its condition holds, and resolved when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit import tasks
from audit.models import Alert, AlertRule, Arrival, Batch, LedgerEntry, Source
from audit.operations import alerting, alerts, runs, sources
from audit.operations.record import lock
from audit.queries.alerts import wish
from tenants.scope import scope
from tests.audit.pages.walk import get
from tests.audit.test_streams import sealed, stream
from tests.desk import BY, CLAIMS, EVIDENCE, Desk, claim, drain, event, make_due, open_desk
from tests.world import World

Kind = AlertRule.Kind


class Killed(BaseException):
    """A process that ends in the middle."""


@pytest.fixture
def desk(world: World) -> Desk:
    """Northwind's desk."""
    return open_desk(world.northwind.id)


def rule(desk: Desk, kind: str, **settings: Any) -> AlertRule:
    """A rule that somebody makes."""
    return desk.ask(lambda: alerting.add_rule(kind, BY, **settings))


def told(desk: Desk) -> list[tuple[str, bool]]:
    """Every alert, oldest first: its sentence, and whether it is open."""
    rows = desk.ask(lambda: list(Alert.objects.order_by("created_at", "id")))
    return [(alert.sentence, alert.resolved_at is None) for alert in rows]


LOW = "Run {}: {} % of the units claimed are verified, under the 90 % that were asked for."


def test_verified_low_is_told_once_for_a_period_and_ends_with_a_better_run(desk: Desk) -> None:
    rule(desk, Kind.VERIFIED_LOW, threshold_bps=9_000)
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    desk.run()
    assert told(desk) == [(LOW.format(1, 50), True)]
    desk.run()
    assert len(told(desk)) == 1, "the same period is still low: nobody is told again"
    desk.run(end=datetime(2026, 4, 2, tzinfo=UTC))
    assert len(told(desk)) == 2, "another period is another subject"
    desk.take(desk.evidence, EVIDENCE + event(2))
    desk.run()
    assert told(desk) == [(LOW.format(1, 50), False), (LOW.format(3, 50), True)]
    acts = desk.ask(
        lambda: list(LedgerEntry.objects.filter(action__startswith="alert.").values_list("action", "actor"))
    )
    assert acts == [("alert.raised", "system"), ("alert.raised", "system"), ("alert.resolved", "system")]


def test_a_threshold_that_is_met_and_a_trial_tell_nothing(desk: Desk) -> None:
    rule(desk, Kind.VERIFIED_LOW, threshold_bps=5_000)
    desk.take(desk.claims, CLAIMS + claim(1) + claim(2))
    desk.take(desk.evidence, EVIDENCE + event(1))
    desk.run()
    assert told(desk) == [], "50 % is not under 50 %"
    desk.run(desk.rules(approved=False, match_after_seconds=1))
    assert told(desk) == []
    rule(desk, Kind.VERIFIED_LOW, threshold_bps=5_001, vendor=desk.vendor)
    assert len(told(desk)) == 1, "a new rule is tried on the newest run at once"


def test_a_new_discrepancy_is_told_from_its_amount_on_and_once(desk: Desk) -> None:
    rule(desk, Kind.DISCREPANCY, amount_micros=3_000_000, currency="EUR")
    desk.take(desk.claims, CLAIMS + claim(1, agent="small") + claim(2, agent="large") + claim(3, agent="large"))
    desk.run()
    sentence = "3.00 EUR in one discrepancy: no evidence, record_update by large of acme, 2 claims."
    assert told(desk) == [(sentence, True)]
    link = desk.ask(Alert.objects.get).link
    assert link.startswith("/t/northwind/discrepancies/")
    desk.run()
    assert told(desk) == [(sentence, True)]
    desk.take(desk.evidence, EVIDENCE + event(3))
    desk.run()
    assert told(desk) == [(sentence, False)], "one claim of it is left, and half the money"


def test_the_largest_discrepancies_are_told_one_by_one_and_one_alert_counts_the_rest(
    desk: Desk, as_vera: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "ONE_BY_ONE", 2)
    rule(desk, Kind.DISCREPANCY, amount_micros=3_000_000, currency="EUR")
    rows = [claim(10 * agent + at, agent=f"a{agent}") for agent in range(1, 6) for at in range(agent)]
    desk.take(desk.claims, CLAIMS + "".join(rows))
    run = desk.run()
    one_by_one = "{} EUR in one discrepancy: no evidence, record_update by {} of acme, {} claims."
    rest = (
        "Run {}: 4 discrepancies of 3.00 EUR or more. 2 of them have alerts of their own; the other 2 come to 7.50 EUR."
    )
    largest = [one_by_one.format("6.00", "a4", 4), one_by_one.format("7.50", "a5", 5)]
    assert told(desk) == [(sentence, True) for sentence in [*largest, rest.format(1)]]
    alert = desk.ask(lambda: Alert.objects.get(subject__startswith="rest/"))
    assert alert.numbers["discrepancies"] == 2
    page = get(as_vera, alert.link)
    assert "Only those of €3.00 or more" in page
    assert all(f"a{agent}" in page for agent in (2, 3, 4, 5))
    assert "acme a1" not in page, "whose money is under the amount"
    again = desk.run()
    assert told(desk) == [(sentence, True) for sentence in [*largest, rest.format(2)]], "told once; it names this run"
    assert str(run.id) in alert.link
    assert str(again.id) in desk.ask(lambda: Alert.objects.get(id=alert.id)).link
    desk.take(desk.claims, CLAIMS + "".join(claim(100 + at, agent="new") for at in range(9)), "more.csv")
    desk.run()
    sentences = [sentence for sentence, is_open in told(desk) if is_open]
    assert sentences[:2] == largest, "what has an open alert keeps it"
    assert one_by_one.format("13.50", "new", 9) in sentences, "a larger one has its own too"
    desk.take(desk.evidence, EVIDENCE + "".join(event(10 * agent + at) for agent in (2, 3) for at in range(agent)))
    desk.run()
    assert [is_open for sentence, is_open in told(desk) if sentence.startswith("Run")] == [False]


def test_money_of_another_currency_or_vendor_is_not_meant(desk: Desk) -> None:
    rule(desk, Kind.DISCREPANCY, amount_micros=1, currency="USD")
    desk.take(desk.claims, CLAIMS + claim(1))
    desk.run()
    assert told(desk) == []


def long_ago(desk: Desk, hours: int) -> None:
    """Let so many hours pass for everything that arrived."""
    with scope(desk.tenant_id):
        for model in (Source, Batch, Arrival):
            for row in model.objects.all():
                model.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(hours=hours))


def test_a_silent_source_is_told_once_until_it_speaks_and_again_when_it_falls_silent(desk: Desk) -> None:
    rule(desk, Kind.SILENCE, hours=24, source=desk.evidence)
    desk.take(desk.evidence, EVIDENCE + event(1))
    tasks.watch()
    assert told(desk) == []
    long_ago(desk, 25)
    tasks.watch()
    tasks.watch()
    ((sentence, is_open),) = told(desk)
    assert sentence.startswith("CRM has sent nothing since ")
    assert is_open
    stream(desk, desk.evidence, {"event_id": "e9", "target": "crm/Case/9", "action": "a", "outcome": "done"} | NOON)
    tasks.watch()
    assert [is_open for _, is_open in told(desk)] == [False]
    long_ago(desk, 25)
    tasks.watch()
    assert [is_open for _, is_open in told(desk)] == [False, True]


def test_a_source_that_says_its_interval_is_held_to_that_and_the_others_to_the_rule(desk: Desk) -> None:
    desk.ask(lambda: sources.edit_source(desk.claims, BY, expected_hours=2))
    desk.ask(lambda: sources.edit_source(desk.evidence, BY, expected_hours=100))
    made = rule(desk, Kind.SILENCE, hours=24)
    assert wish(made).endswith("sends nothing for more than 24 hours, or than it says itself.")
    made.source = desk.see(desk.claims)
    assert wish(made).endswith("Acme claims sends nothing for more than 2 hours, as it says itself.")
    long_ago(desk, 3)
    tasks.watch()
    ((sentence, _),) = told(desk)
    assert sentence.startswith("Acme claims has sent nothing since ")
    assert sentence.endswith(": more than 2 hours.")
    long_ago(desk, 30)
    tasks.watch()
    assert len(told(desk)) == 1, "the evidence may be silent for 100 hours, whatever the rule says"
    evidence = desk.see(desk.evidence)
    desk.ask(lambda: sources.edit_source(evidence, BY, expected_hours=None))
    tasks.watch()
    assert told(desk)[1][0].endswith(": more than 24 hours.")


NOON = {"occurred_at": "2026-03-02T12:00:00Z"}


def test_a_request_to_a_segment_that_was_opened_long_ago_counts_as_an_arrival(desk: Desk) -> None:
    rule(desk, Kind.SILENCE, hours=24, source=desk.evidence)
    row = {"target": "crm/Case/9", "action": "a", "outcome": "done"} | NOON
    stream(desk, desk.evidence, {"event_id": "e1"} | row)
    long_ago(desk, 25)
    stream(desk, desk.evidence, {"event_id": "e2"} | row)
    tasks.watch()
    assert told(desk) == []


def burst(desk: Desk, first: int, count: int, effect: str = "open", minutes_ago: int = 1) -> Batch:
    """So many claims of the same work, a second apart, streamed and sealed."""
    began = timezone.now() - timedelta(minutes=minutes_ago)
    rows = [
        {
            **{"claim_id": f"loop-{number}", "agent_id": "a1", "action": "record_update", "target": "crm/Case/7"},
            "occurred_at": (began + timedelta(seconds=number)).isoformat(),
            "effect": {"status": effect},
        }
        for number in range(first, first + count)
    ]
    return sealed(desk, stream(desk, desk.claims, *rows))


def test_a_loop_is_told_while_it_is_under_way_and_is_over_when_it_goes_quiet(desk: Desk) -> None:
    rule(desk, Kind.LOOP, repeats=20)
    burst(desk, 0, 20)
    assert told(desk) == [], "twenty times is not more than twenty"
    burst(desk, 20, 1)
    ((sentence, _),) = told(desk)
    assert "a1 of acme claimed the same record_update on crm/Case/7 21 times within 5 minutes" in sentence
    burst(desk, 21, 5)
    tasks.watch()
    assert [is_open for _, is_open in told(desk)] == [True]
    assert desk.ask(Alert.objects.get).numbers["claims"] == 26
    with scope(desk.tenant_id):
        Alert.objects.update(noted_at=timezone.now() - timedelta(minutes=16))
    tasks.watch()
    assert [is_open for _, is_open in told(desk)] == [False]


def test_other_work_and_work_of_long_ago_is_no_loop_under_way(desk: Desk) -> None:
    rule(desk, Kind.LOOP, repeats=20)
    burst(desk, 0, 15)
    burst(desk, 100, 15, effect="closed")
    burst(desk, 200, 30, minutes_ago=25 * 60)
    assert told(desk) == []


def test_nobody_looks_for_loops_that_nobody_asked_for(desk: Desk) -> None:
    batch = burst(desk, 0, 30)
    assert desk.job(batch).kind == "seal", "and no other job"


def test_a_rule_that_is_switched_off_ends_its_alerts_and_raises_none(desk: Desk) -> None:
    made = rule(desk, Kind.SILENCE, hours=24)
    long_ago(desk, 25)
    tasks.watch()
    assert len(told(desk)) == 2, "claims and evidence"
    desk.ask(lambda: alerting.edit_rule(AlertRule.objects.get(id=made.id), BY, enabled=False))
    tasks.watch()
    assert [is_open for _, is_open in told(desk)] == [False, False]


def test_a_worker_that_dies_with_a_run_leaves_no_alert_and_the_next_one_raises_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(desk, Kind.VERIFIED_LOW)
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.open()

    def die(point: str) -> None:
        if point == "run.written":
            assert Alert.objects.count() == 1
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(runs, "reached", die)
        with pytest.raises(Killed):
            desk.work(run)
    assert told(desk) == []
    make_due(desk.tenant_id)
    drain(desk.tenant_id)
    assert len(told(desk)) == 1


def test_streams_and_files_of_another_tenant_raise_nothing_here(desk: Desk, world: World) -> None:
    other = open_desk(world.contoso.id)
    rule(desk, Kind.VERIFIED_LOW)
    rule(desk, Kind.SILENCE)
    other.take(other.claims, CLAIMS + claim(1))
    other.run()
    long_ago(other, 48)
    tasks.watch()
    assert (told(desk), told(other)) == ([], [])


def locks(desk: Desk, act: Callable[[], Any]) -> list[list[str]]:
    """The nouns that are locked while something is done, transaction by transaction, each in the order of the locks."""
    found: list[list[int]] = [[]]

    def note(execute: Any, sql: str, parameters: Any, *more: Any) -> Any:
        if sql.startswith("select pg_advisory_xact_lock"):
            found[-1].append(parameters[0])
        elif sql.startswith("select set_config"):
            found.append([])
        return execute(sql, parameters, *more)

    names = {}
    with connection.execute_wrapper(note):
        for noun in ("alerts", "runs", "ledger"):
            desk.ask(lambda noun=noun: lock(noun))
            names[next(keys for keys in reversed(found) if keys)[0]] = noun
        found.clear()
        found.append([])
        act()
    return [list(dict.fromkeys(names[key] for key in keys if key in names)) for keys in found if keys]


def test_whoever_raises_an_alert_locks_alerts_before_the_ledger(desk: Desk) -> None:
    made = rule(desk, Kind.VERIFIED_LOW)
    rule(desk, Kind.SILENCE)
    desk.take(desk.claims, CLAIMS + claim(1))
    run = desk.open()
    long_ago(desk, 25)
    edit = {"threshold_bps": 8_000}
    acts: list[Callable[[], Any]] = [
        *(lambda: desk.work(run), tasks.watch, lambda: rule(desk, Kind.VERIFIED_LOW, threshold_bps=7_000)),
        lambda: desk.ask(lambda: alerting.edit_rule(AlertRule.objects.get(id=made.id), BY, **edit)),
    ]
    orders = [order for act in acts for order in locks(desk, act)]
    raising = [order for order in orders if "alerts" in order]
    assert len(raising) == 4
    assert [order for order in raising if order[0] != "alerts"] == []
