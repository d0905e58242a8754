"""What runs, what is stuck, what was quarantined and why."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from audit.forms.jobs import JobFilter
from audit.models import Job
from audit.operations import quarantine as operations
from audit.queries import jobs
from audit.tables.jobs import JobTable
from audit.templatetags import words
from audit.views.page import act_once, fill
from tenants.access import TenantRequest, actor, requires


@requires("upload")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Every job; the page renews itself while there is work in hand."""
    counts, state = jobs.by_state(), request.GET.get("state", "")
    figures = [
        {
            "label": label,
            "value": words.units(counts[value]),
            "href": f"?state={value}",
            "state": "contradicted" if value == Job.State.QUARANTINED and counts[value] else "",
        }
        for value, label in Job.State.choices
    ]
    context = {
        "table": fill(request, JobTable(jobs.all_jobs(state), slug=request.tenant.slug, may=request.may)),
        "filters": JobFilter(initial={"state": state}),
        "figures": figures,
        "busy": counts[Job.State.DUE] + counts[Job.State.LEASED] > 0,
        "stuck": counts[Job.State.QUARANTINED],
    }
    return render(request, "audit/job_list.html", context)


@require_POST
@requires("upload")
def retry(request: TenantRequest, tenant: str, job_id: UUID) -> HttpResponseBase:
    """Take a job out of quarantine."""
    job = jobs.get(job_id)
    act_once(request, lambda: operations.retry(job, actor(request)), "The job is due again, with fresh attempts.")
    return redirect("jobs", tenant)
