"""Runs: the list, opening one, and watching one until it is done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from audit.forms.runs import RunForm
from audit.models import Run
from audit.operations import runs as operations
from audit.operations.faults import Refused
from audit.queries import changes, people, rules, runs
from audit.tables.runs import ExportTable, RunTable, period, score
from audit.views import prices
from audit.views.page import attempt, fill, show
from tenants.access import TenantRequest, actor, requires

BATCHES = 50  # shown of those that a run rests on
SINCE_HOW = {
    "formula": "late claims: claim ids that this run does not know and whose time lies in its period. Restated: claim "
    "ids of this run that came again with other content. Late events: those whose time lies in the period, widened by "
    "the windows of its rules, or that name one of its claims.",
    "rule": "Counted in the batches that were sealed after the run was opened; rows that were sent twice count once.",
}
STAGES = {
    "inputs": "Gather the claims and events of the period",
    "judgement": "Judge every claim by the law",
    "lines": "Lay the verdicts beside the claims",
    "results": "Sum up scores, money and discrepancies",
}


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every run, and the form that opens one."""
    return _index(request, RunForm(initial=runs.suggested_period(), in_force=rules.in_force))


@require_POST
@requires("open_run")
def open_run(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Open a run and go to it."""
    form = RunForm(request.POST, initial=runs.suggested_period(), in_force=rules.in_force)
    if form.is_valid():
        start, end = form.period()
        chosen = {"rule_set": form.cleaned_data["rule_set"], "vendor": form.cleaned_data["vendor"]}
        if run := attempt(form, lambda: operations.open_run(start, end, actor(request), **chosen)):
            messages.success(
                request, f"{run} is open, under {run.rule_set}. It goes on by itself: you may leave this page."
            )
            return redirect("run", tenant, run.id)
    return _index(request, form)


def _index(request: TenantRequest, form: RunForm) -> HttpResponseBase:
    table = fill(request, RunTable(runs.all_runs(), slug=request.tenant.slug, may=request.may))
    return show(request, "audit/run_list.html", form, form=form, table=table)


@requires("see")
def one(request: TenantRequest, tenant: str, run_id: UUID) -> HttpResponseBase:
    """One run: its progress, then what it yielded and what it rests on."""
    run = runs.get(run_id)
    exports = ExportTable(runs.exports(run), slug=tenant, may=request.may, prefix="exports-")
    return show(
        request,
        "audit/run_detail.html",
        here="runs",
        run=run,
        period=period(run),
        score=score(run),
        opened_by=people.name(run.opened_by),
        under_way=run.state in (Run.State.WAITING, Run.State.RUNNING),
        stages=_stages(run),
        left=time_left(run),
        batches=run.inputs.get("batches", [])[: -BATCHES - 1 : -1],
        more_batches=max(0, len(run.inputs.get("batches", [])) - BATCHES),
        **_since(run),
        exports=fill(request, exports),
        prices=prices.rows(run, tenant),
        poll=reverse("run", args=[tenant, run.id]),
        crumbs=[("Runs", reverse("runs", args=[tenant])), (f"Run {run.number}", "")],
    )


@require_POST
@requires("open_run")
def again(request: TenantRequest, tenant: str, run_id: UUID) -> HttpResponseBase:
    """Open a run like this one over what is there now, and go to it."""
    before = runs.get(run_id)
    try:
        run = operations.again(before, actor(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("run", tenant, before.id)
    place = "A trial takes no run's place." if run.trial else f"Done, it takes the place of {before}."
    messages.success(request, f"{run} is open over what is there now. {place}")
    return redirect("run", tenant, run.id)


def _since(run: Run) -> dict[str, Any]:
    """What changed since a finished run was opened; nothing for one whose place was taken."""
    if run.state != Run.State.DONE or run.superseded_by_id:
        return {}
    found = changes.since(run)
    names = {"coverage": "the coverage", "actors": "the accounts bound to agents"}
    other = " and ".join(names[name] for name in operations.settings_changed(run))
    return {"changes": found, "settings_changed": other, "changed": found.any or bool(other), "since_how": SINCE_HOW}


def _stages(run: Run) -> list[dict[str, Any]]:
    """The stages with their state, for the list that fills itself."""
    names = list(STAGES)
    name, _, step = run.stage.partition(": ")
    now = names.index(name) if name in names else -1
    if run.state == Run.State.DONE:
        now = len(names)
    return [
        {
            "title": title,
            "state": "done" if place < now else _state_of(run) if place == now else "waiting",
            "note": step.replace("_", " ") if place == now else "",
        }
        for place, title in enumerate(STAGES.values())
    ]


def time_left(run: Run) -> str:
    """How long judging will still take, going by what is done; nothing before a tenth of it is."""
    if not run.started_at or not run.stage.startswith("judgement: ") or run.stage_done * 10 < run.stage_total:
        return ""
    spent = (timezone.now() - run.started_at).total_seconds()
    seconds = round(spent * (run.stage_total - run.stage_done) / run.stage_done)
    return f"about {seconds} s left" if seconds < 120 else f"about {round(seconds / 60)} minutes left"


def _state_of(run: Run) -> str:
    return "failed" if run.state == Run.State.FAILED else "running"
