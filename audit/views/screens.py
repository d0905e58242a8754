"""The claims of a batch set against themselves: the checks, what the vendor stated, and the lines behind each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from audit.forms.screens import BatchLineFilter, StatedForm, initial
from audit.models import Batch, Job, Screen
from audit.operations import screens as operations
from audit.operations.screens import Stated
from audit.queries import checks, jobs, people, screens
from audit.queries.checks import TITLES, Word
from audit.tables.screens import BatchLineTable
from audit.templatetags import words
from audit.views.checks import shown
from audit.views.page import act_once, attempt, fill, show
from tenants.access import TenantRequest, actor, requires


@requires("see")
def one(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """Every check of the batch; it renews itself while a worker looks through the claims."""
    batch = screens.claims_batch(batch_id)
    return _page(request, batch, StatedForm(initial=initial(screens.of(batch))))


def _page(request: TenantRequest, batch: Batch, form: StatedForm) -> HttpResponseBase:
    screen = screens.of(batch)
    context: dict[str, Any] = {
        "here": "sources",
        "batch": batch,
        "screen": screen,
        "form": form,
        "crumbs": _crumbs(request, batch, "Against itself"),
    }
    if screen is not None:
        context |= {
            "under_way": screen.state in (Screen.State.WAITING, Screen.State.RUNNING),
            "progress": _progress(screen),
            "is_old": screen.digest != screens.basis(batch, screen).digest(),
            "rules": screens.rules_in_force()[1],
            "stated_by": people.name(screen.stated_by) if screen.stated_by else "",
        }
        if screen.state == Screen.State.DONE:
            context |= _found(request, screen)
    return show(request, "audit/screen.html", form, **context)


def _found(request: TenantRequest, screen: Screen) -> dict[str, Any]:
    """The checks, against the earlier batch that the address names, else the last one before."""
    choices = list(screens.comparable(screen.batch)[:50])
    named = request.GET.get("against", "")
    chosen = next((other for other in choices if str(other.batch_id) == named), None)
    if named and chosen is None:
        raise Http404("No such batch.")
    against = chosen or (choices[0] if choices else None)
    found = checks.checks(screen, against)
    return {
        "checks": [shown(check, screen, request.tenant.slug) for check in found],
        "looks": sum(check.word == Word.LOOK for check in found),
        "unsaid": sum(check.word == Word.CANNOT_SAY for check in found),
        "totals": screen.outcome["totals"],
        "choices": choices,
        "against": against,
    }


def _progress(screen: Screen) -> str:
    """What a reader of the page is waiting for."""
    job = jobs.of(Job.Kind.SCREEN, screen.id)
    if job is not None and job.error:
        return f"It failed {job.attempts} times so far and is tried again by itself at {words.when(job.due_at)}."
    if screen.state == Screen.State.RUNNING:
        return f"Step {screen.stage_done + 1} of {screen.stage_total or 1}"
    return "It waits for a worker."


def _crumbs(request: TenantRequest, batch: Batch, *more: str) -> list[tuple[str, str]]:
    slug = request.tenant.slug
    own = [
        ("Sources", reverse("sources", args=[slug])),
        (str(batch.source), reverse("source", args=[slug, batch.source_id])),
        (batch.file_name, reverse("batch", args=[slug, batch.id])),
    ]
    return [*own, *((title, "") for title in more)]


@require_POST
@requires("upload")
def total(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """Note what the vendor stated."""
    batch, form = screens.claims_batch(batch_id), StatedForm(request.POST)
    if form.is_valid():
        stated = Stated(**form.stated())
        if attempt(form, lambda: operations.state_total(batch, stated, actor(request))):
            return redirect("batch-screen", tenant, batch.id)
    return _page(request, batch, form)


@require_POST
@requires("upload")
def ask(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """Have the claims looked through, by today's rules and prices."""
    batch = screens.claims_batch(batch_id)
    act_once(request, lambda: operations.ask(batch, actor(request)), "The lines are being looked through.")
    return redirect("batch-screen", tenant, batch.id)


@requires("see")
def lines(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """The lines of the batch as they were taken, or those of one finding."""
    batch, form = screens.claims_batch(batch_id), BatchLineFilter(request.GET)
    filters = form.filters()
    finding = filters.pop("finding", "")
    table = BatchLineTable(screens.lines(batch, finding, filters), slug=tenant, may=request.may)
    title = TITLES.get(finding, "")
    crumbs = _crumbs(request, batch, "Lines")
    if finding:
        address = reverse("batch-screen", args=[tenant, batch.id])
        crumbs[-1:] = [("Against itself", address), ("Lines", "")]
    return show(
        request,
        "audit/batch_lines.html",
        here="sources",
        batch=batch,
        title=title,
        formula=checks.FORMULAS.get(finding, ""),
        form=form,
        table=fill(request, table),
        crumbs=crumbs,
    )
