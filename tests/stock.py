"""One object of every kind in both tenants of the demonstration, each named by its tenant's own word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.test import Client

from audit.models import Alert, AlertRule, Finding, Job, RuleSet, Run, Source, StatedCount, Vendor
from audit.operations import alerting, batches, deliveries, exports, jobs, parties, previews, rules, runs, sources
from audit.tasks import work
from audit.vault import files
from audit.vault.seek import seek
from tenants import operations
from tenants.models import ApiKey, Membership, Role, Scope, Tenant, User
from tenants.rls import tenant_owned
from tenants.scope import directory, scope
from tests import database
from tests.judged import Judged, inside
from tests.world import program

UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIRST, LAST = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 20, tzinfo=UTC)
BEFORE = "2026-06-30T09:00:00Z"
HEADER = "claim_id,agent_id,action,target,occurred_at,units,charge_micros,currency,environment\n"
ROW = "{word}-{number},{word}-agent,{word}-action,crm/{word}/{number},{at},1,1000000,USD,production\n"
EXPORTS = {"export_id": "csv", "parquet_export_id": "parquet", "stuck_export_id": "xlsx"}
PEOPLE = {
    "northwind": {
        Role.VIEWER: "vera@northwind.example",
        Role.ANALYST: "bob@northwind.example",
        Role.AUDITOR: "axel@northwind.example",  # of Contoso too
        Role.ADMIN: "alice@northwind.example",
        Role.GUEST: "gus@forcedesk.example",
    },
    "contoso": {Role.ADMIN: "charlie@contoso.example"},
}
SECOND_ADMINS = {"northwind": "anton@northwind.example", "contoso": "dora@contoso.example"}


@dataclass(frozen=True)
class Stock:
    """A tenant's objects by the name that routes give their ids, and its keys by what they may do."""

    tenant_id: UUID
    slug: str
    word: str
    values: dict[str, Any]
    keys: dict[str, str]

    @cached_property
    def words(self) -> list[str]:
        """What only this tenant says, in lower case."""
        own = {"northwind": ["forcedesk", "anton"], "contoso": ["copilotx", "itsm", "dora"]}
        return [self.word, *own[self.slug]]

    @cached_property
    def ids(self) -> set[str]:
        """The id of every row that the tenant owns."""
        owned = [model for label in ("tenants", "audit") for model in tenant_owned(apps, label)]
        with scope(self.tenant_id):
            return {str(pk) for model in owned for pk in model._default_manager.values_list("pk", flat=True)}

    def told_in(self, text: str) -> set[str]:
        """Words and ids of this tenant that occur in a text."""
        text = text.lower()  # a word within another is none: a token may hold any four letters
        said = {word for word in self.words if re.search(rf"(?<![0-9a-z]){re.escape(word)}(?![0-9a-z])", text)}
        return said | (self.ids & set(UUIDS.findall(text)))


@dataclass(frozen=True)
class Stocked:
    """Both tenants with their objects; the browsers and programs of everybody in Northwind and of one outsider."""

    northwind: Stock
    contoso: Stock
    judged: Judged

    def browser(self, email: str) -> Client:
        """Somebody signed in."""
        return self.judged.browser(email)

    @cached_property
    def members(self) -> dict[str, Client]:
        """A browser of each role of Northwind."""
        return {role: self.browser(email) for role, email in PEOPLE["northwind"].items()}

    @cached_property
    def programs(self) -> dict[str, Client]:
        """A program with each of Northwind's keys."""
        return {name: program(text) for name, text in self.northwind.keys.items()}

    @cached_property
    def outsider(self) -> Client:
        """Charlie, admin of Contoso only."""
        return self.browser(PEOPLE["contoso"][Role.ADMIN])


@pytest.fixture(scope="session")
def stocked_database(judged_database: str, django_db_blocker: Any) -> Iterator[tuple[str, Stock, Stock]]:
    """The name of a copy of the judged database with more in it, and what that is."""
    name = f"{database.NAME}_stocked"
    with django_db_blocker.unblock():
        database.copy_database(judged_database, name)
        database.use(name)
        northwind, contoso = _stock("northwind", "marigold"), _stock("contoso", "xanthippe")
        database.use(database.NAME)
    yield name, northwind, contoso
    with django_db_blocker.unblock():
        database.drop_database(name)


@pytest.fixture(scope="module")
def stocked(stocked_database: tuple[str, Stock, Stock], django_db_blocker: Any) -> Iterator[Stocked]:
    """Both tenants, stocked, for a module whose tests undo what they write themselves. Not together with `db`."""
    name, northwind, contoso = stocked_database
    with django_db_blocker.unblock(), inside(name) as judged:
        yield Stocked(northwind, contoso, judged)


def drain(tenant_id: UUID) -> None:
    """Works on what is due until nothing is, as a worker would."""
    while True:
        with scope(tenant_id):
            due = jobs.due()
        if not due:
            return
        for job_id in due:
            work(tenant_id=str(tenant_id), job_id=str(job_id))


def _stock(slug: str, word: str) -> Stock:
    """Fill a tenant, outside any scope."""
    admin, other = (User.objects.get(email=email) for email in (PEOPLE[slug][Role.ADMIN], SECOND_ADMINS[slug]))
    with directory():
        tenant_id = Tenant.objects.get(slug=slug).id
    by = f"user:{admin.pk}"
    with scope(tenant_id):
        values = _parties(word, by) | _rules(word, f"user:{other.pk}", by)
        source = _source(word, values["vendor_id"], by)
        members = Membership.objects.exclude(user__in=[admin, other])
        values |= {"source_id": source.id, "member": members[0].id}
    spooled = batches.spool(tenant_id, [_claims(word).encode()])
    before = batches.spool(tenant_id, [(HEADER + ROW.format(word=word, number=0, at=BEFORE)).encode()])
    with scope(tenant_id):
        earlier, _ = batches.receive(source, before, f"{word}-before.csv", by)
        batch, _ = batches.receive(source, spooled, f"{word}.csv", by)
    drain(tenant_id)
    with scope(tenant_id):
        run = runs.open_run(FIRST, LAST, by)
    drain(tenant_id)
    with scope(tenant_id):
        values |= {"batch_id": batch.id, "earlier_id": earlier.id}
        values |= {"tenant": slug, "run_id": run.id, **_results(run, word, by)}
        values["preview_id"] = previews.ask(RuleSet.objects.get(id=values["strict_id"]), run, by).id
    drain(tenant_id)
    values |= _counts(tenant_id, word, by)
    with scope(tenant_id):
        values |= _watched(word, values["vendor_id"], by)
        values["job_id"] = _stuck(values["stuck_export_id"], word)
        keys = _keys(word, admin)
        values["key"] = ApiKey.objects.get(name=f"{word} revocable").id
    return Stock(tenant_id, slug, word, values, keys)


def _counts(tenant_id: UUID, word: str, by: str) -> dict[str, Any]:
    """A report of the vendor that states one more than its lines."""
    text = f"period_start,period_end,agent_id,units\n2026-07-01T00:00:00Z,2026-07-11T00:00:00Z,{word}-agent,3\n"
    spooled = batches.spool(tenant_id, [text.encode()])
    with scope(tenant_id):
        source = sources.add_source("counts", f"{word} report", by, vendor=Vendor.objects.get(key=word))
        batch, _ = batches.receive(source, spooled, f"{word}-report.csv", by)
    drain(tenant_id)
    with scope(tenant_id):
        return {"count_id": StatedCount.objects.get(batch=batch).id, "counts_batch_id": batch.id}


def _parties(word: str, by: str) -> dict[str, Any]:
    vendor = parties.add_vendor(word, f"{word} Ltd", by)
    agent = parties.add_agent(vendor, f"{word}-agent", f"the {word} agent", by)
    actor = parties.bind_actor("crm", f"{word}-account", vendor, agent.agent_id, by)
    card = parties.add_rate_card(vendor, f"{word}-unclaimed", 100_000, "USD", FIRST.date(), by)
    row = sources.add_coverage("crm", f"crm/{word}/", FIRST, LAST, by)
    return {
        "vendor": word,
        "vendor_id": vendor.id,
        "agent_id": agent.id,
        "actor_id": actor.id,
        "card_id": card.id,
        "coverage_id": row.id,
        "claim_id": f"{word}-1",
    }


def _rules(word: str, other: str, by: str) -> dict[str, Any]:
    """A version of another admin that waits for approval, a draft of one's own, and one that counts nothing."""
    submitted = rules.submit(rules.draft(f"{word} rules", {}, other, note=f"a {word} note"), other)
    return {"rule_set_id": submitted.id, "draft_id": rules.draft(f"{word} draft", {}, by).id} | {
        "strict_id": rules.draft(f"{word} strict", {"counted_actions": ["nothing"]}, by).id
    }


def _source(word: str, vendor_id: UUID, by: str) -> Source:
    vendor = Vendor.objects.get(id=vendor_id)
    return sources.add_source("claims", f"{word} feed", by, vendor=vendor, refused_limit_bps=10_000)


def _claims(word: str) -> str:
    """Two good rows, one of them twice, and one that is refused."""
    rows = [
        (1, "2026-07-05T09:00:00Z"),
        (2, "2026-07-06T09:00:00Z"),
        (2, "2026-07-06T09:00:00Z"),
        (3, f"{word} o'clock"),
    ]
    return HEADER + "".join(ROW.format(word=word, number=number, at=at) for number, at in rows)


def _results(run: Run, word: str, by: str) -> dict[str, Any]:
    """A discrepancy of the run, and exports: two that will be made and one that will be stuck."""
    run.refresh_from_db()
    found = Finding.objects.filter(run=run, discrepancy__vendor=word).order_by("discrepancy__reason")[0]
    event = seek([files.local(run.files["evidence"])], ("system", "event_id"), ("true", []), 1)[0][1]
    asked = {name: exports.ask(run, form, {"vendor": word}, by).id for name, form in EXPORTS.items()}
    return {"discrepancy_id": found.discrepancy_id, **event, **asked}


def _watched(word: str, vendor_id: UUID, by: str) -> dict[str, Any]:
    """A rule about the vendor with its alert, and an endpoint with a test that nobody has sent yet."""
    vendor = Vendor.objects.get(id=vendor_id)
    rule = alerting.add_rule(AlertRule.Kind.VERIFIED_LOW, by, vendor=vendor, threshold_bps=10_000)
    webhook, _ = alerting.add_webhook(f"{word} endpoint", f"https://{word}.example/hook", by)
    return {
        "alert_id": Alert.objects.get(rule=rule).id,
        "rule_id": rule.id,
        "webhook_id": webhook.id,
        "delivery_id": deliveries.test(webhook, by).id,
    }


def _stuck(export_id: UUID, word: str) -> UUID:
    """The job of an export as if it had failed too often."""
    job = Job.objects.get(object_id=export_id)
    job.state, job.error = Job.State.QUARANTINED, f"the {word} is full"
    job.save()
    exports.give_up(export_id, job.error)
    return job.id


def _keys(word: str, by: User) -> dict[str, str]:
    """The text of a key for each scope, of one for all, and of one that is revoked."""
    every = list(Scope.values)
    texts = {name: operations.create_key(f"{word} {name}", [name], by=by)[1] for name in every}
    texts["every scope"] = operations.create_key(f"{word} every", every, by=by)[1]
    operations.create_key(f"{word} revocable", ["read"], by=by)
    key, texts["revoked"] = operations.create_key(f"{word} revoked", every, by=by)
    operations.revoke_key(key, by=by)
    return texts
