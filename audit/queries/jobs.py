"""Work to be done, and what became of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import Http404

from audit.models import Job


def all_jobs(state: str = "") -> QuerySet[Job]:
    """Every job, newest first; of one state where it is named."""
    return Job.objects.filter(state=state) if state in Job.State.values else Job.objects.all()


def get(job_id: UUID) -> Job:
    """One job. Raises Http404."""
    found = Job.objects.filter(id=job_id).first()
    if found is None:
        raise Http404("No such job.")
    return found


def by_state() -> dict[str, int]:
    """How many jobs are in each state; every state is named."""
    found = Job.objects.values_list("state").annotate(jobs=Count("id")).order_by()
    return dict.fromkeys(Job.State.values, 0) | dict(found)
