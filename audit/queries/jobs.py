"""Work to be done, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import Http404

from audit.models import Batch, Delivery, Export, Job, Preview, Run, Screen, Vendor


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


def names(jobs: Iterable[Job]) -> dict[UUID, str]:
    """What these jobs are done to, by name: seven statements whatever their number."""
    wanted = [job.object_id for job in jobs]
    found: dict[UUID, str] = {}
    for model in (Batch, Export):
        found |= dict(model.objects.filter(id__in=wanted).values_list("id", "file_name"))
    previews = Preview.objects.filter(id__in=wanted).select_related("rule_set", "run")
    screens = Screen.objects.filter(id__in=wanted).select_related("batch")
    told = (*(model.objects.filter(id__in=wanted) for model in (Run, Delivery, Vendor)), previews, screens)
    return found | {thing.id: str(thing) for rows in told for thing in rows}


def of(kind: str, object_id: UUID) -> Job | None:
    """The job of a kind on an object."""
    return Job.objects.filter(kind=kind, object_id=object_id).first()
