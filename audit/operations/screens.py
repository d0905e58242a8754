"""Screens: the claims of a batch set against themselves, by a job; and what the vendor stated that they come to.

Nothing here is a verdict, and no run reads it. A screen may be made again at any time: by other rules, after a price
was entered, or once it is known which days the batch should be about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import timezone

from audit.models import Batch, Job, Screen, Source
from audit.operations import jobs
from audit.operations.faults import Refused
from audit.operations.progress import tell
from audit.operations.record import enter, lock
from audit.queries import screens
from audit.vault import files
from audit.vault.screen import screen as look_through
from tenants.scope import current, scope

STAGE = "screen"
SHOWN = ("burst_window_seconds", "burst_minimum", "production_environments", "completed_statuses", "time_zone")


@dataclass(frozen=True, slots=True)
class Stated:
    """What the vendor says that a batch comes to, on its invoice say. None: not stated. Days include both ends."""

    units: int | None = None
    charge_micros: int | None = None
    currency: str = ""
    first_on: date | None = None
    last_on: date | None = None


def queue(batch: Batch) -> Screen:
    """Have the claims of a sealed batch looked through, unless they were by the same rules and prices."""
    if batch.state != Batch.State.SEALED or batch.source.kind != Source.Kind.CLAIMS:
        raise Refused("Only a sealed batch of claims can be screened.")
    lock("screens")
    screen, is_new = Screen.objects.get_or_create(tenant_id=current(), batch=batch)
    digest = screens.basis(batch, screen).digest()
    if not is_new and screen.digest == digest and screen.state != Screen.State.FAILED:
        return screen
    Job.objects.filter(kind=Job.Kind.SCREEN, object_id=screen.id).delete()  # a worker that has it loses its lease
    screen.state, screen.digest, screen.error = Screen.State.WAITING, digest, ""
    screen.stage, screen.stage_done, screen.ended_at = "", 0, None
    screen.save()
    jobs.add(Job.Kind.SCREEN, screen.id)
    return screen


def ask(batch: Batch, by: str) -> Screen:
    """Have a batch looked through because somebody wants to know."""
    screen = queue(batch)
    enter("screen.asked", batch, by, basis=screen.digest)
    return screen


def state_total(batch: Batch, stated: Stated, by: str) -> Screen:
    """Note what the vendor stated; other days than before are looked for at once."""
    if stated.charge_micros is not None and not stated.currency:
        raise Refused("Say in which currency the charge is.", field="currency")
    if stated.first_on and stated.last_on and stated.first_on > stated.last_on:
        raise Refused("The last day lies before the first.", field="last_on")
    screen = queue(batch)
    screen.stated_units, screen.stated_charge_micros = stated.units, stated.charge_micros
    screen.stated_currency = stated.currency if stated.charge_micros is not None else ""
    screen.stated_first_on, screen.stated_last_on, screen.stated_by = stated.first_on, stated.last_on, by
    screen.save()
    days = {name: day.isoformat() for name in ("first_on", "last_on") if (day := getattr(stated, name))}
    money = {"charge_micros": stated.charge_micros, "currency": screen.stated_currency}
    enter("batch.total_stated", batch, by, units=stated.units, **money, **days)
    return queue(batch)


def make(lease: jobs.Lease) -> None:
    """Look through the claims. A job: called outside any scope."""
    with scope(lease.tenant_id):
        screen = Screen.objects.select_related("batch", "batch__source", "batch__source__vendor").get(
            id=lease.object_id
        )
        jobs.hold(lease)
        screen.state, screen.started_at = Screen.State.RUNNING, timezone.now()
        screen.save(update_fields=["state", "started_at"])
        basis, rules = screens.basis(screen.batch, screen), screens.rules_in_force()[1]
        rows = files.local(screen.batch.rows_key)
        earlier = [files.local(key) for key in screens.before(screen.batch).values_list("rows_key", flat=True)]

    def told(done: int, total: int) -> None:
        tell(screen, lease, STAGE, done, total)

    with files.scratch(lease.tenant_id, f"screen-{screen.id}", lease.fence) as folder:
        outcome = look_through(rows, earlier, basis, folder / "marks", told)
        key = files.store(lease.tenant_id, folder / "marks", ".parquet").key
    with scope(lease.tenant_id):
        jobs.hold(lease)
        screen = Screen.objects.get(id=screen.id)  # a total may have been stated meanwhile
        screen.outcome = outcome | {"basis": {"rules": rules} | {name: getattr(basis, name) for name in SHOWN}}
        screen.file_key, screen.digest = key, basis.digest()
        screen.state, screen.ended_at, screen.stage, screen.error = Screen.State.DONE, timezone.now(), "", ""
        screen.save()
        jobs.finish(lease)


def give_up(screen_id: UUID, error: str) -> None:
    """End a screen that cannot be made, with the reason."""
    ended = {"state": Screen.State.FAILED, "error": error, "ended_at": timezone.now()}
    Screen.objects.filter(id=screen_id).update(**ended)


def reopen(screen_id: UUID) -> None:
    """Make again what was given up."""
    given_up = Screen.objects.filter(id=screen_id, state=Screen.State.FAILED)
    given_up.update(state=Screen.State.WAITING, error="", ended_at=None)
