"""Evidence of a run: one event with the claims around it, and the work that nobody claimed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.forms.events import UnclaimedFilter
from audit.kernel.ruleset import parse
from audit.models import Run
from audit.queries import claims, downloads, events, runs
from audit.queries.events import Around
from audit.tables.events import UnclaimedTable
from audit.tables.runs import period
from audit.templatetags import words
from audit.views.figures import computed, figure
from audit.views.page import fill, show
from tenants.access import TenantRequest, enters_scope, requires
from tenants.middleware import reads_files_only
from tenants.scope import scope

TIES = {
    "answers": "it answers this claim",
    "undoes": "it undid this claim’s work",
    "names": "it names this claim",
    "record": "on the same record",
}


@requires("see")
def one(request: TenantRequest, tenant: str, run_id: UUID) -> HttpResponseBase:
    """The event of `?system=` and `?id=`: its row as received, which claim it answers, or that nobody claimed it."""
    run = _done(run_id)
    event = events.get(run, request.GET.get("system", ""), request.GET.get("id", ""))
    said = events.testimony(run, event["system"], event["event_id"])
    is_unclaimed = bool(events.unclaimed(run, {name: event[name] for name in ("system", "event_id")}).count)
    around = events.around(run, event, said)
    return show(
        request,
        "audit/event_detail.html",
        here="runs",
        run=run,
        period=period(run),
        event=event,
        said=said,
        is_unclaimed=is_unclaimed,
        why=_why(run, event, around) if not said and not is_unclaimed else "",
        around=[_near(event, claim) for claim in around],
        received=claims.received(event),
        crumbs=[
            ("Runs", reverse("runs", args=[tenant])),
            (f"Run {run.number}", reverse("run", args=[tenant, run.id])),
            (f"{event['system']} {words.short(event['event_id'])}", ""),
        ],
    )


def _near(event: dict[str, Any], claim: Around) -> dict[str, Any]:
    """A claim with how far in time the event is from it."""
    length = event["occurred_at"] - claim.line["occurred_at"]
    side = "after" if length.total_seconds() > 0 else "before"
    apart = f"{words.duration(abs(length))} {side} it" if length else "at the same instant"
    return {"line": claim.line, "tie": TIES[claim.tie], "apart": apart}


def _why(run: Run, event: dict[str, Any], around: list[Around]) -> str:
    """Why an event that answers no claim is not counted as unclaimed work either: the law, section 4."""
    rule = parse(run.summary["rules"])
    if undone := [claim for claim in around if claim.tie == "undoes"]:
        return f"It answers no claim: it reversed earlier work, {words.units(len(undone))} of the claims below."
    if event["outcome"] != "done":
        return "It answers no claim, and it is no unclaimed work: it does not say that work was done."
    if event["grade"] not in rule.independent_grades:
        return f"It answers no claim, and a system of grade {event['grade']} cannot show that work was left unclaimed."
    return (
        "It answers no claim, and it is not counted as unclaimed work: it names a claim that was heard, or no claim of "
        "the run has its action, or a better system watches the record, or its actor is not bound to an agent."
    )


@requires("see")
def unclaimed(request: TenantRequest, tenant: str, run_id: UUID) -> HttpResponseBase:
    """Work that a system saw done and no vendor claimed: filtered by the address, a page at a time."""
    run = _done(run_id)
    every = events.unclaimed(run)
    form = UnclaimedFilter(request.GET, choices=every.words())
    rows = events.unclaimed(run, form.filters())
    table = UnclaimedTable(rows, run_id=run.id, slug=tenant, may=request.may)
    return show(
        request,
        "audit/unclaimed_list.html",
        here="runs",
        run=run,
        period=period(run),
        form=form,
        figures=_figures(run, every, rows),
        table=fill(request, table),
        crumbs=[
            ("Runs", reverse("runs", args=[tenant])),
            (f"Run {run.number}", reverse("run", args=[tenant, run.id])),
            ("Work that nobody claimed", ""),
        ],
    )


def _figures(run: Run, every: events.Unclaimed, rows: events.Unclaimed) -> list[dict[str, Any]]:
    formula = (
        "events that say done, of the best independent grade that watches or saw the record, with an action that some "
        "claim of the run has, that answer no claim and name none that was heard"
    )
    inputs = [("All of the run", f"{words.units(every.count)} events, {words.units(every.units())} units")]
    how = computed(run, formula, inputs, clause="unclaimed")
    return [
        figure("Events shown", words.units(rows.count), how),
        figure("Units that they prove", words.units(rows.units()), how),
    ]


@enters_scope
@require_safe
@requires("export_own_view")
def unclaimed_csv(request: TenantRequest, tenant: str, run_id: UUID) -> HttpResponseBase:
    """The same as CSV: every event that the filters let through."""
    with scope(request.tenant.id):
        run = _done(run_id)
        rows = events.unclaimed(run, UnclaimedFilter(request.GET, choices={}).filters())
    with downloads.written(request.tenant.id, rows, "csv") as path:
        stream = path.open("rb")
    name = f"run-{run.number}-unclaimed.csv"
    return reads_files_only(FileResponse(stream, as_attachment=True, filename=name, content_type="text/csv"))


def _done(run_id: UUID) -> Run:
    run = runs.get(run_id)
    if run.state != Run.State.DONE:
        raise Http404("The run has no result yet.")
    return run
