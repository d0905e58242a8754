"""Where claims, evidence and counts come from, and the files that arrive."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from audit.forms.sources import (
    ClaimsEditForm,
    ClaimsSourceForm,
    CountsSourceForm,
    EvidenceEditForm,
    EvidenceSourceForm,
    SettingsForm,
    UploadForm,
    per_cent,
)
from audit.intake import Mapping
from audit.models import Batch, Source
from audit.operations import batches as receiving
from audit.operations import parties as entering
from audit.operations import sources as operations
from audit.operations.faults import Refused
from audit.queries import mapping, sources
from audit.queries.batches import waits_for_mapping
from audit.tables.sources import BatchTable, SourceTable, ago, expected, health_word, refused_share
from audit.templatetags import words
from audit.views.page import attempt, fill, show
from tenants.access import TenantRequest, actor, enters_scope, requires
from tenants.scope import scope

EDIT_FORMS: dict[Source.Kind, type[SettingsForm]] = {
    Source.Kind.CLAIMS: ClaimsEditForm,
    Source.Kind.EVIDENCE: EvidenceEditForm,
    Source.Kind.COUNTS: SettingsForm,
}


@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every source."""
    table = fill(request, SourceTable(sources.all_sources(), slug=request.tenant.slug, may=request.may))
    return render(request, "audit/source_list.html", {"table": table})


@requires("manage")
def add(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Enter a source; its kind decides what is asked."""
    kind = request.GET.get("kind", "")
    forms: dict[str, type[SettingsForm]] = {
        Source.Kind.CLAIMS: ClaimsSourceForm,
        Source.Kind.EVIDENCE: EvidenceSourceForm,
        Source.Kind.COUNTS: CountsSourceForm,
    }
    if kind not in forms:
        return render(request, "audit/source_kind.html")
    chosen = {"vendor": request.GET.get("vendor")}
    form = forms[Source.Kind(kind)](request.POST or None, initial=chosen)
    sent = request.method == "POST" and form.is_valid()
    if sent and (source := attempt(form, lambda: _enter(kind, form.settings(), actor(request)))):
        messages.success(request, f"{source} is entered. Upload its first file.")
        return redirect("source", tenant, source.id)
    return show(request, "audit/source_form.html", form, form=form, kind=kind)


def _enter(kind: str, settings: dict[str, Any], by: str) -> Source:
    """The source, and its vendor where it is new."""
    name = settings.pop("new_vendor", "")
    if name:
        settings["vendor"] = entering.add_vendor(name, name, by)
    return operations.add_source(kind, settings.pop("name"), by, **settings)


@requires("see")
def one(request: TenantRequest, tenant: str, source_id: UUID) -> HttpResponseBase:
    """A source: what arrived, and where to put the next file."""
    return _page(request, sources.shown(source_id), UploadForm())


def _page(request: TenantRequest, source: Source, form: UploadForm) -> HttpResponseBase:
    table = fill(request, BatchTable(sources.batches(source), slug=request.tenant.slug, may=request.may))
    context = {"source": source, "limit": per_cent(source.refused_limit_bps), "table": table, **_answers(source)}
    return show(request, "audit/source_detail.html", form, form=form, **context, **_arrivals(source))


def _answers(source: Source) -> dict[str, str]:
    """What is answered of the source's files: what a line is, the zone of its times, where the work was done."""
    answered = mapping.answered(source, Mapping.from_json(source.mapping))
    lines = {"unit": "one unit of work", "units": f"as many units as “{answered.columns.get('units', 'units')}” says"}
    fixed = {Source.Kind.EVIDENCE: "one event", Source.Kind.COUNTS: "the total of a bucket"}
    unsaid = "as many units as its column units says, else one" if not source.mapping else "as mapped"
    return {
        "one_line": fixed.get(Source.Kind(source.kind)) or lines.get(answered.line or "", unsaid),
        "zone": answered.time_zone or "",
        "environment": answered.constants.get("environment", "")
        or (f"as “{answered.columns['environment']}” says" if "environment" in answered.columns else ""),
    }


def _arrivals(source: Any) -> dict[str, Any]:
    """How the source is, and how that was found."""
    last = f"{words.when(source.last_at)}, {ago(source.last_at)}" if source.last_at else "nothing yet"
    inputs = [
        ("Last file, or last request of its stream", last),
        ("Expected interval", expected(source) or "not said"),
        ("Rows of the last batch that was read", words.units(source.last_received_count)),
        ("Refused of them", words.units(source.last_refused_count)),
    ]
    formula = (
        "time since the last arrival, against the expected interval: healthy within it, late over it, silent over "
        "three times it. Refused share: refused rows ÷ received rows of the last batch that was read, cut off"
    )
    return {
        "health": health_word(source),
        "ago": ago(source.last_at) if source.last_at else "",
        "refused_share": refused_share(source),
        "how": {"formula": formula, "inputs": inputs},
    }


@requires("manage")
def edit(request: TenantRequest, tenant: str, source_id: UUID) -> HttpResponseBase:
    """Change what may be changed of a source."""
    source = sources.get(source_id)
    wanted = EDIT_FORMS[Source.Kind(source.kind)]
    names = ("name", "environment", "time_zone", "expected_hours", "events_per_minute")
    initial = {name: getattr(source, name) for name in names} | {"refused_limit": per_cent(source.refused_limit_bps)}
    form = wanted(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        if attempt(form, lambda: operations.edit_source(source, actor(request), **form.settings())):
            messages.success(request, "Saved. It holds for files that arrive from now on.")
            return redirect("source", tenant, source.id)
        source.refresh_from_db()
    return show(request, "audit/source_form.html", form, form=form, source=source, kind=source.kind)


@enters_scope
@require_POST
@requires("upload")
def upload(request: TenantRequest, tenant: str, source_id: UUID) -> HttpResponseBase:
    """Receive a file; where its columns are not known yet, lead to the page that maps them."""
    with scope(request.tenant.id):
        source = sources.get(source_id)
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch, new = _receive(request, source, file)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return _onward(request, batch, new)
    with scope(request.tenant.id):
        return _page(request, sources.shown(source_id), form)


def _receive(request: TenantRequest, source: Source, file: Any) -> tuple[Batch, bool]:
    """Keep the file; where that fails, nothing of it stays."""
    spooled = receiving.spool(request.tenant.id, file.chunks())
    try:
        unmapped = not mapping.readable(source, spooled.path, file.name)
        with scope(request.tenant.id):
            return receiving.receive(source, spooled, file.name, actor(request), unmapped=unmapped)
    finally:
        spooled.path.unlink(missing_ok=True)


def _onward(request: TenantRequest, batch: Batch, new: bool) -> HttpResponseBase:
    """To the receipt; to the mapping where the file waits for one."""
    if not new:
        messages.info(request, f"These bytes arrived before, as {batch}: here is what became of them.")
    if not waits_for_mapping(batch):
        return redirect("batch", request.tenant.slug, batch.id)
    if new:
        messages.success(request, f"{batch} is kept. Its columns are not known yet: say which is which.")
    address = reverse("source-map", kwargs={"tenant": request.tenant.slug, "source_id": batch.source_id})
    return redirect(f"{address}?batch={batch.id}")
