"""Alerts: raised once while a condition holds, resolved when it ends, in the transaction that finds out.

What a message needs is written in that same transaction; the sending of each is a job. Whoever raises or resolves
holds the lock `alerts`, and takes it before those on runs and on the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from audit.kernel.terms import MEANINGS, Reason
from audit.models import Alert, AlertRule, Discrepancy, Finding, Run, Score
from audit.operations import deliveries
from audit.operations.record import enter, lock
from audit.queries import runs
from audit.queries.alerts import Silent, money, per_cent, silent, stamp
from tenants.models import Tenant
from tenants.scope import current

NAME_LENGTH = 80  # of what vendors write, in a sentence
ONE_BY_ONE = 20  # discrepancies of a run that get an alert each, the largest; the rest share one that counts them
Kind = AlertRule.Kind


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a rule watches for and that holds now. place: a page of the tenant, by name and parameters."""

    subject: str
    sentence: str
    place: tuple[str, dict[str, Any]]
    query: str
    numbers: dict[str, Any]
    renews: bool = False  # what is told of it is told anew while it holds, on its page


def settle(rule: AlertRule, holding: Iterable[Condition], concerned: QuerySet[Alert] | None = None) -> None:
    """Raise the conditions that are new, note those that go on, resolve the open alerts of `concerned` that ended."""
    hold()
    now, held = timezone.now(), {condition.subject: condition for condition in holding}
    opened = {alert.subject: alert for alert in Alert.objects.filter(rule=rule, resolved_at=None)}
    for subject, condition in held.items():
        if subject in opened:
            said = {"link": _link(condition), "sentence": condition.sentence} if condition.renews else {}
            Alert.objects.filter(id=opened[subject].id).update(noted_at=now, numbers=condition.numbers, **said)
        else:
            _raise(rule, condition)
    for alert in concerned.filter(rule=rule, resolved_at=None) if concerned is not None else ():
        if alert.subject not in held:
            resolve(alert)


def hold() -> None:
    """Let nobody else raise or resolve until the transaction ends."""
    lock("alerts")


def _raise(rule: AlertRule, condition: Condition) -> None:
    alert = Alert.objects.create(
        tenant_id=current(),
        rule=rule,
        subject=condition.subject,
        sentence=condition.sentence,
        link=_link(condition),
        numbers=condition.numbers,
    )
    enter("alert.raised", alert, "system", kind=rule.kind, rule=rule.id)
    deliveries.announce(alert, deliveries.RAISED)


def _link(condition: Condition) -> str:
    name, parameters = condition.place
    slug = Tenant.objects.values_list("slug", flat=True).get(id=current())
    return reverse(name, kwargs={"tenant": slug, **parameters}) + condition.query


def resolve(alert: Alert) -> None:
    """The condition has ended."""
    alert.resolved_at = timezone.now()
    alert.save(update_fields=["resolved_at"])
    enter("alert.resolved", alert, "system", kind=alert.rule.kind, rule=alert.rule_id)
    deliveries.announce(alert, deliveries.RESOLVED)


def note_seen(alert: Alert, by: str) -> Alert:
    """Somebody has looked at it; who was first stays."""
    if alert.seen_at is None:
        alert.seen_by, alert.seen_at = by, timezone.now()
        alert.save(update_fields=["seen_by", "seen_at"])
        enter("alert.seen", alert, by)
    return alert


def after_run(run: Run) -> None:
    """Try every rule about runs on one that has just ended, in its transaction. A trial says nothing."""
    for rule in AlertRule.objects.filter(enabled=True, kind__in=OF_RUNS).select_related("vendor"):
        try_on_run(rule, run)


def try_on_run(rule: AlertRule, run: Run) -> None:
    """Try one rule on a finished run, unless the run does not count or is about another vendor."""
    if run.trial or run.superseded_by_id or (rule.vendor_id and run.vendor_id not in (None, rule.vendor_id)):
        return
    OF_RUNS[rule.kind](rule, run)


def look() -> None:
    """Try every rule that time alone can fulfil: silent sources; and end loops that went quiet."""
    hold()
    for rule in AlertRule.objects.filter(enabled=True, kind=Kind.SILENCE).select_related("source"):
        try_on_sources(rule)
    quiet = Alert.objects.filter(rule__kind=Kind.LOOP, resolved_at=None).select_related("rule")
    for alert in quiet:
        if alert.noted_at < timezone.now() - timedelta(seconds=alert.numbers["quiet_seconds"]):
            resolve(alert)


def try_now(rule: AlertRule) -> None:
    """Try a rule that was just made or changed on what is there: the newest run that counts, or the sources."""
    if rule.kind == Kind.SILENCE:
        try_on_sources(rule)
    elif rule.kind in OF_RUNS and (run := runs.newest()):
        try_on_run(rule, run)


def try_on_sources(rule: AlertRule) -> None:
    """Which sources sent nothing for longer than they say themselves, else than the rule allows."""
    found = silent(timezone.now(), rule.hours, rule.source_id)
    settle(rule, [_silence(rule, source) for source in found], Alert.objects.all())


def _silence(rule: AlertRule, source: Silent) -> Condition:
    return Condition(
        str(source.id),
        f"{short(source.name)} has sent nothing since {stamp(source.last_at)}: more than {source.hours} hours.",
        ("source", {"source_id": source.id}),
        "",
        {"source": source.name, "hours": source.hours, "last_at": source.last_at.isoformat()},
    )


def _verified_low(rule: AlertRule, run: Run) -> None:
    subject = f"{run.period_start.isoformat()}/{run.period_end.isoformat()}/{run.vendor_id or ''}"
    scores = Score.objects.filter(run=run, by=Score.By.VENDOR if rule.vendor else Score.By.RUN)
    score = scores.filter(vendor=rule.vendor.key if rule.vendor else "").first()
    low = score is not None and score.low_bps is not None and score.low_bps < rule.threshold_bps
    holding = [_low(rule, run, score, subject)] if low and score else []
    settle(rule, holding, Alert.objects.filter(subject=subject))


def _low(rule: AlertRule, run: Run, score: Score, subject: str) -> Condition:
    bps, whose = score.low_bps or 0, f" of {short(rule.vendor.name)}" if rule.vendor else ""
    return Condition(
        subject,
        f"{run}: {per_cent(bps)} of the units claimed{whose} are verified, "
        f"under the {per_cent(rule.threshold_bps)} that were asked for.",
        ("run", {"run_id": run.id}),
        "",
        {
            "run": run.number,
            "verified_low_bps": bps,
            "could_be_verified_bps": score.high_bps,
            "threshold_bps": rule.threshold_bps,
            "claimed_units": score.claimed_units,
            "verified_units": score.verified_units,
        },
    )


def _discrepancies(rule: AlertRule, run: Run) -> None:
    """The largest one by one, largest last; one more alert counts the rest. What has an open alert keeps it."""
    keys = [party.key for party in (rule.vendor, run.vendor) if party]
    found = list(runs.reaching(run, rule.amount_micros, rule.currency, *keys))
    found.sort(key=lambda finding: (-max(_amounts(rule, finding).values()), finding.id))
    known = Discrepancy.objects.filter(period_start=run.period_start, period_end=run.period_end)
    for key in keys:
        known = known.filter(vendor=key)
    rest = f"rest/{run.period_start.isoformat()}/{run.period_end.isoformat()}/{run.vendor_id or ''}"
    subjects = [*map(str, known.values_list("id", flat=True)), rest]
    concerned = Alert.objects.filter(subject__in=subjects)
    open_ones = set(concerned.filter(rule=rule, resolved_at=None).values_list("subject", flat=True))
    alone = [f for at, f in enumerate(found) if at < ONE_BY_ONE or str(f.discrepancy_id) in open_ones]
    holding = [_discrepancy(rule, finding) for finding in reversed(alone)]
    if len(alone) < len(found):
        holding.append(_rest(rule, run, rest, found, alone))
    settle(rule, holding, concerned)


def _rest(rule: AlertRule, run: Run, subject: str, found: list[Finding], alone: list[Finding]) -> Condition:
    """One condition for the discrepancies that have no alert of their own: how many, how much, where they are."""
    mine = {finding.id for finding in alone}
    others = [finding for finding in found if finding.id not in mine]
    sums: Counter[str] = Counter()
    for finding in others:
        sums.update(_amounts(rule, finding))
    told = " and ".join(money(micros, currency) for currency, micros in sorted(sums.items()))
    each = money(rule.amount_micros, rule.currency) + ("" if rule.currency else " in one currency")
    whose = {"vendor": rule.vendor.key} if rule.vendor else {}
    query = {"run": str(run.id), "amount": rule.amount_micros, "currency": rule.currency, **whose}
    return Condition(
        subject,
        f"{run}: {len(found):,} discrepancies of {each} or more. {len(alone):,} of them have alerts of their own; "
        f"the other {len(others):,} come to {told}.",
        ("discrepancies", {}),
        f"?{urlencode({name: value for name, value in query.items() if value != ''})}",
        {
            "amount_micros": rule.amount_micros,
            "charge_micros": dict(sorted(sums.items())),
            "claims": sum(finding.claims for finding in others),
            "units": sum(finding.units for finding in others),
            "discrepancies": len(others),
            "told_one_by_one": len(alone),
        },
        renews=True,
    )


def _amounts(rule: AlertRule, finding: Finding) -> dict[str, int]:
    """The money of a finding that the rule is about and that reaches its amount, by currency."""
    return {
        currency: micros
        for currency, micros in sorted(finding.money.items())
        if rule.currency in ("", currency) and micros >= rule.amount_micros
    }


def _discrepancy(rule: AlertRule, finding: Finding) -> Condition:
    what, amounts = finding.discrepancy, _amounts(rule, finding)
    told = " and ".join(money(micros, currency) for currency, micros in amounts.items())
    return Condition(
        str(what.id),
        f"{told} in one discrepancy: {MEANINGS[Reason(what.reason)].title.lower()}, {short(what.action)} "
        f"by {short(what.agent_id)} of {short(what.vendor)}, {finding.claims:,} claims.",
        ("discrepancy", {"discrepancy_id": what.id}),
        f"?run={finding.run_id}",
        {
            "amount_micros": rule.amount_micros,
            "charge_micros": amounts,
            "claims": finding.claims,
            "units": finding.units,
            "reason": what.reason,
        },
    )


def short(text: str) -> str:
    """What others wrote, on one line and not longer than a sentence bears."""
    line = " ".join(text.split())
    return line if len(line) <= NAME_LENGTH else f"{line[: NAME_LENGTH - 1]}…"


OF_RUNS: dict[str, Callable[[AlertRule, Run], None]] = {
    Kind.VERIFIED_LOW: _verified_low,
    Kind.DISCREPANCY: _discrepancies,
}
