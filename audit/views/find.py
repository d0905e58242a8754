"""Find anything by its id: one thing leads to its page, several are listed, none says what was looked in."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from audit.queries import find
from audit.queries.found_lines import Hit
from audit.views.page import show
from tenants.access import TenantRequest, requires

KINDS = (
    ("Claims", "the vendor’s own id of a line"),
    ("Sessions and records", "all lines of one conversation, or on one record: crm/Case/5001"),
    ("Events", "what a system calls what it saw"),
    ("Runs", "“run 7”, “#7”, its id or its row root"),
    ("Files", "a file’s name, its SHA-256, or the id of its batch"),
    ("Rule sets", "a name or a digest"),
    ("Discrepancies, jobs", "their ids"),
    ("Sources, vendors, agents", "their names or ids"),
)


@require_safe
@requires("see")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """`?q=` what is looked for; `?all=1` lists also where one thing alone has that id, and what begins so."""
    text, every = find.cleaned(request.GET.get("q", "")), bool(request.GET.get("all"))
    found = find.everything(text, request.may, near=every) if text else None
    if found and len(found.exact) == 1 and not every:
        hit = found.exact[0]
        back = f"{reverse('find', args=[tenant])}?{urlencode({'q': text, 'all': '1'})}"
        told = format_html('Found by “{}”. <a href="{}">Whatever else begins so</a>', text, back)
        messages.info(request, told)
        return redirect(_address(hit, tenant))
    return show(
        request,
        "audit/find.html",
        text=text,
        found=found,
        exact=_groups(found.exact, tenant) if found else [],
        near=_groups(found.near, tenant) if found else [],
        kinds=KINDS,
    )


def _groups(hits: list[Hit], tenant: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Hits by kind, in the order in which kinds were looked up."""
    order = {kind: place for place, kind in enumerate(dict.fromkeys(hit.kind for hit in hits))}
    by_kind = groupby(sorted(hits, key=lambda hit: order[hit.kind]), key=lambda hit: hit.kind)
    return [
        (kind, [{"title": hit.title, "where": hit.where, "href": _address(hit, tenant)} for hit in group])
        for kind, group in by_kind
    ]


def _address(hit: Hit, tenant: str) -> str:
    """The page of what was found."""
    query = f"?{urlencode(hit.query)}" if hit.query else ""
    return reverse(hit.route, kwargs={"tenant": tenant, **hit.keys}) + query
