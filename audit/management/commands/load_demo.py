"""Loads the demonstration: two tenants with members, files, coverage, rules and a finished run each."""

from __future__ import annotations

import csv
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from audit.models import AlertRule, Batch, Job, RateCard, RuleSet, Run, Source, Vendor
from audit.operations import alerting, batches, jobs, parties, rules, runs, screens, sources
from audit.operations.work import work_on
from audit.sample import Delivery, make
from audit.sample.world import ACTIONS, CURRENCIES, ENDS_ON, JOBS, RESOLUTION, STARTS_ON
from tenants.models import Membership, Role, Tenant
from tenants.operations import add_member, choose_password, create_tenant
from tenants.scope import current, directory, scope

PASSWORD = "ledger and ink"
PEOPLE = {
    "northwind": {
        "alice@northwind.example": ("Alice", Role.ADMIN),
        "anton@northwind.example": ("Anton", Role.ADMIN),
        "bob@northwind.example": ("Bob", Role.ANALYST),
        "vera@northwind.example": ("Vera", Role.VIEWER),
        "axel@northwind.example": ("Axel", Role.AUDITOR),
        "gus@forcedesk.example": ("Gus", Role.GUEST),
    },
    "contoso": {
        "charlie@contoso.example": ("Charlie", Role.ADMIN),
        "dora@contoso.example": ("Dora", Role.ADMIN),
        "axel@northwind.example": ("Axel", Role.AUDITOR),
    },
}
PRICED_FROM = date(2026, 1, 1)
TIME_ZONES = {"northwind": "America/New_York", "contoso": "Europe/Berlin"}


class Command(BaseCommand):
    """`manage.py load_demo`: does nothing where the demonstration is loaded already."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """How much."""
        parser.add_argument("--claims", type=int, default=60_000)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the files, then take them the way any upload goes."""
        with directory():
            known = dict(Tenant.objects.values_list("slug", "id"))
        if all(slug in known and _is_loaded(known[slug]) for slug in PEOPLE):
            return
        with tempfile.TemporaryDirectory() as folder:
            made = make(Path(folder), seed=options["seed"], claims=options["claims"])
            for delivery in made.tenants:
                tenant_id = known.get(delivery.tenant) or self._found(delivery)
                if not _is_loaded(tenant_id):
                    self.stdout.write(
                        f"loading {delivery.title}: {delivery.lines:,} claims, {delivery.events:,} events"
                    )
                    _load(tenant_id, delivery)

    def _found(self, delivery: Delivery) -> UUID:
        tenant = create_tenant(delivery.tenant, delivery.title, TIME_ZONES[delivery.tenant])
        return tenant.id


def _is_loaded(tenant_id: UUID) -> bool:
    with scope(tenant_id):
        return Run.objects.filter(state=Run.State.DONE).exists()


def _load(tenant_id: UUID, delivery: Delivery) -> None:
    with scope(tenant_id):
        people = _people(delivery)
    by, other = f"user:{people[0].user_id}", f"user:{people[-1].user_id}"
    for kind, name, path in _files(delivery):
        _receive(tenant_id, kind, name, path, by)
    _work_off(tenant_id)
    with scope(tenant_id):
        if not Run.objects.exists():
            _settings(delivery, by)
            rule_set = _rules(delivery, by, other)
            _prices(by)
            _alerts(by)
            for batch in Batch.objects.filter(source__kind=Source.Kind.CLAIMS):
                screens.queue(batch)  # by these rules and prices
            runs.open_run(_day(STARTS_ON), _day(ENDS_ON), by, rule_set=rule_set)
    _work_off(tenant_id)
    for vendor, path in delivery.counts.items():  # last: what they are held against is there, so once is enough
        _receive(tenant_id, Source.Kind.COUNTS, vendor, path, by)
    _work_off(tenant_id)


def _receive(tenant_id: UUID, kind: str, name: str, path: Path, by: str) -> None:
    spooled = batches.spool(tenant_id, _chunks(path))
    with scope(tenant_id):
        batches.receive(_source(kind, name, by), spooled, path.name, by)


def _people(delivery: Delivery) -> list[Membership]:
    """The members, made once: admins first."""
    made = []
    for email, (name, role) in PEOPLE[delivery.tenant].items():
        membership = Membership.objects.filter(tenant_id=current(), user__email=email).first()
        if membership is None:
            membership, token = add_member(email, name, role)
            if token:
                choose_password(membership.user, PASSWORD)
        made.append(membership)
    return [made[0], made[1]]


def _files(delivery: Delivery) -> Iterator[tuple[str, str, Path]]:
    for vendor, path in delivery.claims.items():
        yield Source.Kind.CLAIMS, vendor, path
    for system, path in delivery.evidence.items():
        yield Source.Kind.EVIDENCE, system, path


def _source(kind: str, name: str, by: str) -> Source:
    title = f"{name} {kind}"
    known = Source.objects.filter(name=title).first()
    if known is not None:
        return known
    if kind != Source.Kind.EVIDENCE:
        vendor = Vendor.objects.filter(key=name).first() or parties.add_vendor(name, name.capitalize(), by)
        return sources.add_source(kind, title, by, vendor=vendor)
    return sources.add_source(kind, title, by)


def _settings(delivery: Delivery, by: str) -> None:
    with delivery.coverage.open(newline="") as stream:
        for row in csv.DictReader(stream):
            sources.add_coverage(
                row["system"],
                row["target_prefix"],
                datetime.fromisoformat(row["starts_at"]),
                datetime.fromisoformat(row["ends_at"]),
                by,
                action=row["action"],
                grade=row["grade"],
            )
    with delivery.actors.open(newline="") as stream:
        for row in csv.DictReader(stream):
            vendor = Vendor.objects.get(key=row["vendor"])
            parties.bind_actor(row["system"], row["actor"], vendor, row["agent_id"], by)


def _rules(delivery: Delivery, by: str, other: str) -> RuleSet:
    rules.standard()
    note = "A routing decision is no unit; only registered agents count."
    given, start = json.loads(delivery.rules.read_text()), _day(STARTS_ON).date()
    rule_set = rules.draft("Completed state change", given, by, note=note, effective_on=start)
    rules.submit(rule_set, by)
    return rules.approve(rule_set, other)


def _prices(by: str) -> None:
    """The lowest price that each vendor's own list has for an action; a resolution is paid as such."""
    bases = {RESOLUTION: RateCard.Basis.RESOLUTION}
    for vendor in Vendor.objects.filter(rate_cards=None):
        for action, word in enumerate(ACTIONS):
            micros = [job.price_micros for job in JOBS if (job.vendor, job.action) == (vendor.key, action)]
            if micros:
                basis, currency = bases.get(action, RateCard.Basis.UNIT), CURRENCIES[vendor.key]
                parties.add_rate_card(vendor, word, min(micros), currency, PRICED_FROM, by, basis=basis)


def _alerts(by: str) -> None:
    """Two rules that tell nobody outside the portal."""
    alerting.add_rule(AlertRule.Kind.VERIFIED_LOW, by, threshold_bps=9_000)
    alerting.add_rule(AlertRule.Kind.DISCREPANCY, by, amount_micros=1_000_000_000)


def _work_off(tenant_id: UUID) -> None:
    """Do every job here and now, oldest first, as a worker would; what an interrupted load left, from the start."""
    with scope(tenant_id):
        unfinished = Job.objects.exclude(state=Job.State.DONE)
        unfinished.update(state=Job.State.DUE, attempts=0, due_at=timezone.now(), error="")
    while True:
        with scope(tenant_id):
            due = jobs.due()
            broken = unfinished.filter(error__gt="").first()
            more = unfinished.exists()
        if broken is not None:
            raise SystemExit(f"{broken} failed: {broken.error}")
        if not more:
            return
        for job_id in due:
            work_on(tenant_id, job_id)
        if not due:
            time.sleep(0.1)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
