"""One batch: its receipt, what was refused and why, what contradicts earlier rows, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from audit.forms.batches import RefusedFilter
from audit.models import Batch
from audit.operations import batches as operations
from audit.queries import batches, people
from audit.queries.conflicts import conflicts
from audit.tables.batches import RefusedTable
from audit.templatetags import words
from audit.vault import files
from audit.views.page import act_once, fill
from tenants.access import TenantRequest, actor, requires
from tenants.middleware import reads_files_only

STATES = {"accepted": "verified", "duplicate": "", "conflicting": "unsupported", "refused": "contradicted"}
MEANINGS = {
    "received": "rows in the file",
    "accepted": "new, and read by runs",
    "duplicate": "known already, word for word",
    "conflicting": "a known id with other content",
    "refused": "faulty, with the reason below",
}


@requires("see")
def one(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """The receipt; it renews itself while the file is being read."""
    batch = batches.get(batch_id)
    context = {
        "batch": batch,
        "reading": batch.state == Batch.State.RECEIVED,
        "waits": batches.waits_for_mapping(batch),
        "figures": _figures(batch),
        "by": people.name(batch.received_by),
        "conflicts": conflicts(batch),
    }
    return render(request, "audit/batch_detail.html", context | _refused(request, batch))


def _figures(batch: Batch) -> list[dict[str, Any]]:
    counts = {name: getattr(batch, f"{name}_count") for name in MEANINGS}
    return [
        {
            "label": name.capitalize(),
            "value": words.units(count),
            "note": MEANINGS[name],
            "state": STATES.get(name, "") if count else "",
        }
        for name, count in counts.items()
    ]


def _refused(request: TenantRequest, batch: Batch) -> dict[str, Any]:
    """The table of refused rows and what narrows it; nothing where no row was refused."""
    every = batches.refused(batch)
    if every is None:
        return {}
    given = {name: request.GET.get(name, "") for name in ("column", "reason")}
    rows = batches.refused(batch, **given)
    form = RefusedFilter(initial=given, columns=every.columns(), reasons=every.reasons())
    return {"table": fill(request, RefusedTable(rows, slug=request.tenant.slug, may=request.may)), "filters": form}


@require_safe
@requires("see")
def refused(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """The refused rows as CSV: file, line, column, value, reason."""
    batch = batches.get(batch_id)
    name = f"{slugify(Path(batch.file_name).stem) or 'batch'}-refused.csv"
    return _file(batch.refused_key, name, "text/csv; charset=utf-8")


@require_safe
@requires("export")
def raw(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """The file as it was received, byte for byte."""
    batch = batches.get(batch_id)
    return _file(batch.raw_key, batch.file_name, "application/octet-stream")


def _file(key: str, name: str, content_type: str) -> HttpResponseBase:
    if not key:
        raise Http404("There is no such file.")
    stream = files.local(key).open("rb")
    return reads_files_only(FileResponse(stream, as_attachment=True, filename=name, content_type=content_type))


@require_POST
@requires("upload")
def retake(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """Read a refused file again, with the source's mapping of today."""
    batch = batches.get(batch_id)
    act_once(request, lambda: operations.retake(batch, actor(request)), f"{batch} is being read again.")
    return redirect("batch", tenant, batch.id)
