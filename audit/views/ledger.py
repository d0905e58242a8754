"""The record of every act."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import render

from audit.forms.jobs import LedgerFilter
from audit.queries import ledger
from audit.tables.ledger import LedgerTable
from audit.views.page import fill
from tenants.access import TenantRequest, requires


@requires("see_ledger")
def index(request: TenantRequest, tenant: str) -> HttpResponseBase:
    """Entries, newest first."""
    given = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in ("action", "thing")}
    table = LedgerTable(ledger.entries(**given), slug=request.tenant.slug, may=request.may)
    return render(request, "audit/ledger.html", {"table": fill(request, table), "filters": LedgerFilter(initial=given)})
