"""Runs and what they yielded."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet
from django.db.models.fields.json import KeyTransform
from django.http import Http404
from django.utils import timezone

from audit.kernel.ruleset import Rule
from audit.models import Batch, Export, Finding, RuleSet, Run, Score, Total


def all_runs() -> QuerySet[Run]:
    """Every run, newest first."""
    return Run.objects.select_related("rule_set", "vendor")


def get(run_id: UUID) -> Run:
    """One run. Raises Http404."""
    run = all_runs().filter(id=run_id).first()
    if run is None:
        raise Http404("No such run.")
    return run


def newest() -> Run | None:
    """The newest finished run that counts: not superseded; a trial only where there is nothing else."""
    done = all_runs().filter(state=Run.State.DONE, superseded_by=None)
    return done.order_by("trial", "-number").first()


def reach(rule: Rule) -> tuple[timedelta, timedelta]:
    """How long before and after a period an event may still speak of its claims."""
    before = max(rule.match_before_seconds, *rule.match_before_by_action.values(), 0)
    after = max(rule.match_after_seconds, *rule.match_after_by_action.values(), 0)
    undo = max(rule.undo_window_seconds, *rule.undo_window_by_action.values(), 0)
    limit = 100 * 366 * 86_400
    return timedelta(seconds=min(before, limit)), timedelta(seconds=min(after + undo, limit))


def newest_under(rule_set: RuleSet) -> Run | None:
    """The newest finished run of a rule set that is not superseded."""
    return all_runs().filter(state=Run.State.DONE, superseded_by=None, rule_set=rule_set).first()


def scores(run: Run, by: str = Score.By.RUN) -> QuerySet[Score]:
    """The scores of a run, whole or by vendor, agent, action or day."""
    return Score.objects.filter(run=run, by=by)


def findings(run: Run) -> QuerySet[Finding]:
    """What a run found, most money first."""
    return Finding.objects.filter(run=run).select_related("discrepancy")


def reaching(run: Run, amount_micros: int, currency: str = "", *vendors: str) -> QuerySet[Finding]:
    """What a run found that comes to an amount or more in this currency, or in any one; of these vendors' claims."""
    found = findings(run)
    for vendor in vendors:
        found = found.filter(discrepancy__vendor=vendor)
    if not currency:
        return found.filter(charge_micros__gte=amount_micros)  # which is in the one with most money
    return found.annotate(purse=KeyTransform(currency, "money")).filter(purse__gte=amount_micros)


def words_of(run: Run) -> dict[str, list[str]]:
    """The vendors, agents and actions that a run's claims name, for choosing among them."""
    rows = Total.objects.filter(run=run)
    return {
        name: list(rows.order_by(name).values_list(name, flat=True).distinct()[:500])
        for name in ("vendor", "agent_id", "action")
    }


def exports(run: Run) -> QuerySet[Export]:
    """The files made of a run's lines, newest first."""
    return Export.objects.filter(run=run)


def finding_counts(found: QuerySet[Finding]) -> dict[str, int]:
    """How many of these discrepancies have each reason."""
    rows = found.values_list("discrepancy__reason")
    return dict(rows.annotate(count=Count("id")).order_by("discrepancy__reason"))


def suggested_period() -> dict[str, date]:
    """The days that the claims received so far span, for a new run."""
    span = Batch.objects.filter(state=Batch.State.SEALED, source__kind="claims").aggregate(
        first=Min("first_at"), last=Max("last_at")
    )
    if span["first"] is None:
        return {}
    return {"first_day": timezone.localdate(span["first"]), "last_day": timezone.localdate(span["last"])}
