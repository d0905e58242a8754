"""The tenant's home: the way to the first score, then the latest one and what waits."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from audit.models import Batch, Source
from audit.queries import screens, start
from audit.tables.runs import period
from audit.templatetags import words
from audit.templatetags.ledger import place_url
from tenants.access import PERMISSIONS, TenantRequest, requires

SEES = {"source-map": "upload", "sources": "see", "coverage": "see", "rules": "see", "jobs": "upload"}


@requires("see")
def show(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """A checklist that ticks itself until there is a run; from then on the score."""
    steps = _steps(request)
    following = next((step for step in steps if not step["done"] and step["url"]), None)
    context = {
        "steps": steps,
        "next": following,
        "done": sum(step["done"] for step in steps),
        "waiting": _waiting(request),
        "claims_url": _feed(request, Source.Kind.CLAIMS),
        "evidence_url": _feed(request, Source.Kind.EVIDENCE),
    }
    return render(request, "audit/start.html", context | _latest())


def _steps(request: TenantRequest) -> list[dict[str, Any]]:
    """Each step with its address, where the reader may do it."""
    return [
        {
            "title": step.title,
            "text": step.text,
            "done": step.done,
            "act": step.act,
            "roles": " or ".join(sorted(role.label for role in PERMISSIONS[step.permission])),
            "url": _address(request, step.place, step.permission, step.query),
        }
        for step in start.steps()
    ]


def _waiting(request: TenantRequest) -> list[dict[str, str]]:
    return [
        {
            "text": f"{words.units(item.count)} {item.one if item.count == 1 else item.many}",
            "url": _of(request, item.batch) if item.batch else _address(request, item.place, SEES[item.place]),
        }
        for item in start.waiting()
    ]


def _of(request: TenantRequest, batch: Batch) -> str:
    """Where the oldest file that waits is mapped."""
    if not request.may["upload"]:
        return ""
    address = reverse("source-map", kwargs={"tenant": request.tenant.slug, "source_id": batch.source_id})
    return f"{address}?batch={batch.id}"


def _feed(request: TenantRequest, kind: str) -> str:
    """Where a file of this kind is dropped: the only source there is, the list of them, or the form for the first."""
    exists, only = start.only_source(kind)
    if only:
        return reverse("source", kwargs={"tenant": request.tenant.slug, "source_id": only.id})
    return _address(request, "sources", "see") if exists else _address(request, "source-add", "manage", f"?kind={kind}")


def _address(request: TenantRequest, place: str, permission: str, query: str = "") -> str:
    url = place_url(place, request.tenant.slug) if request.may[permission] else ""
    return f"{url}{query}" if url else ""


def _latest() -> dict[str, Any]:
    found = start.latest()
    if found is None:
        return {"screened": screens.latest()}
    run, score = found
    return {"run": run, "period": period(run), "score": score, "unjudged": start.unjudged(run)}
