"""Which run a page shows: the one that its address names, else the newest that counts."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404

from audit.models import Run
from audit.queries import runs
from tenants.access import TenantRequest


def chosen_run(request: TenantRequest) -> Run | None:
    """The run of `?run=`, else the newest that counts; None where there is none yet. Raises Http404."""
    named = request.GET.get("run")
    if not named:
        return runs.newest()
    try:
        run = runs.get(UUID(named))
    except ValueError:
        raise Http404("No such run.") from None
    return run if run.state == Run.State.DONE else None
