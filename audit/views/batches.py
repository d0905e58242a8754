"""One batch: its receipt, what was refused and why, what contradicts earlier rows, and its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from audit.forms.batches import RefusedFilter
from audit.models import Batch, Job
from audit.operations import batches as operations
from audit.queries import batches, catalogue, jobs, people
from audit.queries.conflicts import conflicts
from audit.tables.batches import RefusedTable
from audit.templatetags import words
from audit.views.page import act_once, fill
from tenants.access import TenantRequest, actor, requires
from tenants.middleware import reads_files_only

BYTES = "application/octet-stream"
STATES = {"accepted": "verified", "duplicate": "", "conflicting": "unsupported", "refused": "contradicted"}
MEANINGS = {
    "received": "rows in the file",
    "accepted": "new, and read by runs",
    "duplicate": "known already, word for word",
    "conflicting": "a known id with other content",
    "refused": "faulty, each with its reason",
}


@requires("see")
def one(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """The receipt; it renews itself while the file is being read."""
    batch = batches.get(batch_id)
    context = {
        "here": "sources",
        "batch": batch,
        "reading": batch.state == Batch.State.RECEIVED,
        "receiving": batch.state == Batch.State.OPEN,
        "waits": batches.waits_for_mapping(batch),
        "figures": _figures(batch),
        "progress": _progress(batch),
        "reading_label": "Sealing the segment" if batch.streamed else "Reading the file",
        "by": people.name(batch.received_by),
        "conflicts": conflicts(batch),
    }
    return render(request, "audit/batch_detail.html", context | _refused(request, batch))


def _progress(batch: Batch) -> str:
    """What a reader of the page is waiting for."""
    job = jobs.of(Job.Kind.SEAL if batch.streamed else Job.Kind.TAKE, batch.id)
    if job is None or job.state == Job.State.DONE:
        return ""
    if job.state == Job.State.LEASED:
        return "A worker is reading it."
    if job.error and not job.attempts:
        return job.error
    if job.error:
        return f"Reading failed {job.attempts} times so far and is tried again by itself at {words.when(job.due_at)}."
    return "It waits for a worker, or for a file that came before it."


def _figures(batch: Batch) -> list[dict[str, Any]]:
    counts = {name: getattr(batch, f"{name}_count") for name in MEANINGS}
    return [
        {
            "label": name.capitalize(),
            "value": words.units(count),
            "note": MEANINGS[name] if name != "refused" or batch.state != Batch.State.REFUSED else "nothing was taken",
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
    table = RefusedTable(
        replace(every, column=given["column"], reason=given["reason"]), slug=request.tenant.slug, may=request.may
    )
    form = RefusedFilter(initial=given, columns=every.columns(), reasons=every.reasons())
    return {"table": fill(request, table), "filters": form}


@require_safe
@requires("see")
def refused(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """The refused rows as CSV: file, line, column, value, reason; no cell is one that a spreadsheet would run."""
    batch = batches.get(batch_id)
    rows = batches.refused(batch)
    if rows is None:
        raise Http404("No row was refused.")
    if batch.refused_key:
        catalogue.stored(batch.refused_key)  # a part of the rows is no answer
    name = f"{slugify(Path(batch.file_name).stem) or 'batch'}-refused.csv"
    headers = {"Content-Disposition": content_disposition_header(True, name) or ""}
    stream = StreamingHttpResponse(rows.as_csv(), content_type="text/csv; charset=utf-8", headers=headers)
    return reads_files_only(stream)


@require_safe
@requires("export")
def raw(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """The file as it was received, byte for byte."""
    batch = batches.get(batch_id)
    if not batch.raw_key:
        raise Http404("Its file is made when the segment is sealed.")
    stream = catalogue.stored(batch.raw_key).open("rb")
    return reads_files_only(FileResponse(stream, as_attachment=True, filename=batch.file_name, content_type=BYTES))


@require_POST
@requires("upload")
def retake(request: TenantRequest, tenant: str, batch_id: UUID) -> HttpResponseBase:
    """Read a refused file again, with the source's mapping of today."""
    batch = batches.get(batch_id)
    act_once(request, lambda: operations.retake(batch, actor(request)), f"{batch} is being read again.")
    return redirect("batch", tenant, batch.id)
