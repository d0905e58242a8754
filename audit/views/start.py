"""The tenant's home: the way to the first score, then the latest one and what waits."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render

from audit.queries import start
from audit.templatetags import words
from audit.templatetags.ledger import place_url
from tenants.access import PERMISSIONS, TenantRequest, requires

SEES = {"sources": "see", "coverage": "see", "rules": "see", "jobs": "upload"}


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
            "url": _address(request, item.place, SEES[item.place]),
        }
        for item in start.waiting()
    ]


def _address(request: TenantRequest, place: str, permission: str, query: str = "") -> str:
    url = place_url(place, request.tenant.slug) if request.may[permission] else ""
    return f"{url}{query}" if url else ""


def _latest() -> dict[str, Any]:
    found = start.latest()
    if found is None:
        return {}
    run, score = found
    return {"run": run, "score": score, "unjudged": start.unjudged(run)}
