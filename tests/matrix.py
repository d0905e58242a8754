"""The rows of the matrix of routes: what each page and each call asks for, how it is asked, what it then answers.

Written from the table of roles, not from the code. Texts in braces are filled in with ids of the tenant's objects.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from tenants.models import Role
from tests.routes import Route, routes
from tests.stock import HEADER

VIEWER, ANALYST, AUDITOR, ADMIN, GUEST = Role.VIEWER, Role.ANALYST, Role.AUDITOR, Role.ADMIN, Role.GUEST
ROLES: dict[str, set[Role]] = {
    "see": {VIEWER, ANALYST, AUDITOR, ADMIN},
    "see_shared": {VIEWER, ANALYST, AUDITOR, ADMIN, GUEST},
    "upload": {ANALYST, ADMIN},
    "open_run": {ANALYST, ADMIN},
    "export": {ANALYST, AUDITOR, ADMIN},
    "export_own_view": {VIEWER, ANALYST, AUDITOR, ADMIN},
    "sample": {ANALYST, AUDITOR, ADMIN},
    "see_ledger": {ANALYST, AUDITOR, ADMIN},
    "draft_rules": {ANALYST, ADMIN},
    "preview_rules": {ANALYST, AUDITOR, ADMIN},
    "approve_rules": {ADMIN},
    "answer_alerts": {ANALYST, ADMIN},
    "manage": {ADMIN},
}
ROUTES = {route.name: route for route in routes()}
FILE = f"{HEADER}new-1,new-agent,new,crm/new/1,2026-07-05T09:00:00Z,1,0,USD,production\n"


@dataclass(frozen=True)
class Row:
    """One way to ask one route. right: a permission for pages, a scope for calls, nothing for what is open.

    takes: parameter of the route → name of the object, where the two differ.
    """

    name: str
    right: str
    method: str = "GET"
    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    takes: dict[str, str] = field(default_factory=dict)
    file: bool = False

    def __str__(self) -> str:
        told = [*self.takes.values(), *self.query.values(), self.body.get("decision", ""), self.body.get("format", "")]
        return " ".join([self.name, self.method.lower(), *filter(None, told)])

    @property
    def route(self) -> Route:
        """Where it is asked."""
        return ROUTES[self.name]

    @property
    def objects(self) -> dict[str, str]:
        """Parameters of the route that name an object, each with the object's name."""
        return {name: self.takes.get(name, name) for name in self.route.parameters if name != "tenant"}

    def ask(self, client: Client, values: dict[str, Any], **parameters: Any) -> HttpResponseBase:
        """The answer. values: the tenant's objects; parameters: of the route, where they are not the tenant's own."""
        given = {"tenant": values["tenant"]} if "tenant" in self.route.parameters else {}
        given |= {name: values[thing] for name, thing in self.objects.items()} | parameters
        url = self.route.url(**given) + ("?" + "&".join(f"{k}={v}" for k, v in filled(self.query, values).items()))
        call = getattr(client, self.method.lower())
        if self.method == "GET":
            return call(url)  # type: ignore[no-any-return]
        if self.route.is_call:
            body = FILE if self.file else json.dumps(filled(self.body, values))
            return call(url, body, content_type="text/csv" if self.file else "application/json")  # type: ignore[no-any-return]
        files = {"file": SimpleUploadedFile("new.csv", FILE.encode())} if self.file else {}
        return call(url, filled(self.body, values) | files)  # type: ignore[no-any-return]


def filled(texts: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The same with the tenant's ids in place of the words in braces."""
    known = {f"{{{name}}}": str(value) for name, value in values.items()}
    return {name: known.get(text, text) if isinstance(text, str) else text for name, text in texts.items()}


def post(name: str, right: str, status: int = 302, /, **body: Any) -> Row:
    """A form that is sent and leads on."""
    return Row(name, right, "POST", status, body)


def gets(right: str, *names: str) -> list[Row]:
    """Pages that are looked at."""
    return [Row(name, right) for name in names]


SPAN = {"starts_at": "2026-07-01T00:00:00", "ends_at": "2026-07-02T00:00:00"}
RATE = {"vendor": "{vendor_id}", "action": "new", "price": "0.2", "currency": "USD", "starts_on": "2026-09-01"}
NAMED = {"name": "new", "refused_limit": "10"}
MAPPED = {f"column_{name}": name for name in HEADER.strip().split(",")} | {"line": "units", "time_zone": "said"}
LOW = {"threshold": "50"}
PAGES = [
    *gets("see", "start", "overview", "vendors", "vendor", "rate-cards", "sources", "source", "batch", "batch-refused"),
    *gets("see", "batch-screen", "batch-lines"),
    Row("batch-lines", "see", query={"finding": "duplicate_ids"}),
    *gets("see", "coverage", "rules", "rule-set", "runs", "run", "discrepancies", "discrepancy", "lines", "claim"),
    *gets("see", "counts", "count"),
    *gets("see", "unclaimed", "law", "glossary"),
    Row("law", "see", query={"rules": "{rule_set_id}"}),
    Row("event", "see", query={"system": "{system}", "id": "{event_id}"}),
    Row("unclaimed-csv", "export_own_view"),
    Row("find", "see", query={"q": "{claim_id}", "all": "1"}),
    Row("find", "see", status=302, query={"q": "{claim_id}"}),
    *gets("manage", "agent", "actor-unbind", "rate-card-drop", "source-add", "source-edit", "members", "keys"),
    Row("key-revoke", "manage"),
    *gets("upload", "source-map", "jobs"),
    *gets("draft_rules", "rule-set-draft", "rule-set-edit"),
    *gets("see", "alerts", "alert", "alert-rules"),
    *gets("manage", "alert-rule", "webhooks"),
    Row("alert-rule-add", "manage", query={"kind": "verified_low"}),
    *gets("answer_alerts", "deliveries", "delivery"),
    post("alert-seen", "answer_alerts"),
    Row("alert-rule-add", "manage", "POST", 302, LOW | {"vendor": "{vendor_id}"}, {"kind": "verified_low"}),
    Row("alert-rule-add", "manage", "POST", 302, {"hours": "24", "source": "{source_id}"}, {"kind": "silence"}),
    post("alert-rule", "manage", **LOW),
    post("alert-rule-switch", "manage", enabled="off"),
    post("webhooks", "manage", 200, name="new", url="https://new.example/"),
    post("webhook-test", "manage"),
    post("webhook-switch", "manage", enabled="off"),
    post("delivery-replay", "answer_alerts"),
    Row("batch-raw", "export"),
    Row("ledger", "see_ledger"),
    Row("counts-file", "export_own_view"),
    Row("export-file", "export_own_view"),
    Row("export-file", "export", takes={"export_id": "parquet_export_id"}),
    post("vendor-add", "manage", name="new", key="new"),
    Row("vendor-rename", "manage", "POST", 302, {"rename-name": "new"}),
    Row("agent-add", "manage", "POST", 302, {"agent-agent_id": "new"}),
    post("agent", "manage", name="new"),
    Row("actor-bind", "manage", "POST", 302, {"actor-system": "crm", "actor-actor": "new", "actor-agent_id": "new"}),
    post("actor-unbind", "manage"),
    post("rate-card-add", "manage", **RATE),
    post("rate-card-drop", "manage"),
    Row("source-add", "manage", "POST", 302, NAMED | {"vendor": "{vendor_id}"}, {"kind": "claims"}),
    Row("source-add", "manage", "POST", 302, NAMED | {"system": "new", "grade": "A"}, {"kind": "evidence"}),
    Row("source-add", "manage", "POST", 302, NAMED | {"vendor": "{vendor_id}"}, {"kind": "counts"}),
    Row("source-edit", "manage", "POST", 302, NAMED),
    Row("source-upload", "upload", "POST", 302, file=True),
    post("source-map", "upload", 200, preview="try", **MAPPED),
    post("source-map", "manage", save="keep", **MAPPED),
    post("batch-retake", "upload"),
    post("batch-screen-ask", "upload"),
    post("batch-screen-total", "upload", units="3", charge="1.50", currency="usd"),
    post("run-again", "open_run"),
    post("coverage-declare", "manage", system="crm", target_prefix="crm/", **SPAN),
    post("coverage-confirm", "manage", row="{coverage_id}"),
    post("coverage-decide", "manage", decision="withdraw"),
    post("rule-set-draft", "draft_rules", name="new", rules_json="{}"),
    post("rule-set-edit", "draft_rules", rules_json="{}"),
    Row("rule-set-decide", "draft_rules", "POST", 302, {"decision": "submit"}, takes={"rule_set_id": "draft_id"}),
    post("rule-set-decide", "approve_rules", decision="approve"),
    post("rule-set-decide", "approve_rules", decision="reject", why="new"),
    post("rule-set-decide", "draft_rules", decision="revert"),
    Row("rule-set-preview", "preview_rules"),
    Row("rule-set-preview", "preview_rules", query={"run": "{run_id}"}, takes={"rule_set_id": "strict_id"}),
    post("rule-set-preview", "preview_rules", run="{run_id}"),
    post("job-retry", "upload"),
    post("run-open", "open_run", first_day="2026-07-01", last_day="2026-07-31", vendor="{vendor_id}"),
    post("run-export", "export_own_view", format="csv"),
    *[post("run-export", "export", format=name) for name in ("xlsx", "ndjson", "parquet")],
    post("members", "manage", 200, email="new@northwind.example", name="new", role="viewer"),
    post("member-role", "manage", role="viewer"),
    post("member-remove", "manage"),
    post("keys", "manage", 200, name="new", scopes="read"),
    post("key-revoke", "manage"),
]


def call(name: str, right: str, method: str = "GET", status: int = 200, /, of: str = "", **body: Any) -> Row:
    """A call of the API. of: the object that stands for `id`."""
    return Row(name, right, method, status, body, takes={"id": of} if of else {})


def member_of(name: str, of: str, /, **change: Any) -> list[Row]:
    """A noun that is read, and changed where it can be."""
    changed = [call(name, "admin", "PATCH", of=of, **change)] if change else []
    return [call(name, "read", of=of), *changed]


def file_of(name: str, of: str, *formats: str) -> list[Row]:
    """The same lines in every form."""
    return [Row(name, "read", query={"format": form}, takes={"id": of}) for form in formats]


PRICE: dict[str, Any] = {"price_micros": 1, "currency": "USD", "starts_on": "2026-09-01"}
ZULU = {"starts_at": "2026-07-01T00:00:00Z", "ends_at": "2026-07-02T00:00:00Z"}
PERIOD = {"period_start": "2026-07-01T00:00:00Z", "period_end": "2026-08-01T00:00:00Z"}
CLAIM = {"claim_id": "new", "agent_id": "new", "action": "new", "occurred_at": "2026-07-05T09:00:00Z"}
WATCH = {"kind": "silence", "hours": 2}
LISTS = ("vendors", "agents", "actors", "rate-cards", "sources", "coverage", "batches", "rule-sets", "runs", "exports")
LISTED = ("counts", "scores", "claim", "claim-explain")
CALLS = [
    *[call(f"api-{name}", "read") for name in (*LISTS, *LISTED)],
    *member_of("api-vendor", "vendor_id", name="new"),
    *member_of("api-vendor", "vendor"),
    *member_of("api-agent", "agent_id", name="new"),
    *member_of("api-actor", "actor_id"),
    *member_of("api-rate-card", "card_id"),
    *member_of("api-source", "source_id", name="new"),
    *member_of("api-coverage-row", "coverage_id"),
    *member_of("api-batch", "batch_id"),
    *member_of("api-rule-set", "rule_set_id"),
    *member_of("api-rule-set", "draft_id", note="new"),
    *member_of("api-run", "run_id"),
    *member_of("api-export", "export_id"),
    *member_of("api-discrepancy", "discrepancy_id"),
    call("api-vendors", "admin", "POST", 201, key="new"),
    call("api-agents", "admin", "POST", 201, vendor="{vendor_id}", agent_id="new"),
    call("api-actors", "admin", "POST", 201, vendor="{vendor_id}", agent_id="new", system="crm", actor="new"),
    call("api-actor", "admin", "DELETE", 204, "actor_id"),
    call("api-rate-cards", "admin", "POST", 201, vendor="{vendor_id}", **PRICE),
    call("api-rate-card", "admin", "DELETE", 204, "card_id"),
    call("api-sources", "admin", "POST", 201, kind="claims", name="new", vendor="{vendor_id}"),
    Row("api-source-batches", "ingest", "POST", 202, takes={"id": "source_id"}, file=True),
    call("api-source-events", "ingest", "POST", 202, "source_id", **CLAIM),
    call("api-source-traces", "ingest", "POST", 200, "source_id", resourceSpans=[]),
    call("api-coverage", "admin", "POST", 201, system="crm", target_prefix="crm/", **ZULU),
    call("api-coverage-row", "admin", "DELETE", 204, "coverage_id"),
    call("api-coverage-row-confirm", "admin", "POST", of="coverage_id"),
    call("api-coverage-row-withdraw", "admin", "POST", of="coverage_id"),
    *file_of("api-batch-refused", "batch_id", "json", "csv"),
    call("api-batch-file", "read", of="batch_id"),
    call("api-batch-screen", "read", of="batch_id"),
    call("api-rule-sets", "admin", "POST", 201, name="new", rules={}),
    call("api-rule-set-submit", "admin", "POST", of="draft_id"),
    call("api-rule-set-approve", "admin", "POST", of="rule_set_id"),
    call("api-rule-set-reject", "admin", "POST", of="rule_set_id"),
    call("api-rule-set-preview", "run", "POST", 202, "rule_set_id", run="{run_id}"),
    *member_of("api-preview", "preview_id"),
    *file_of("api-preview-changes", "preview_id", "json", "csv", "ndjson", "parquet"),
    *[call(f"api-{name}", "read") for name in ("alerts", "alert-rules", "deliveries")],
    *member_of("api-alert", "alert_id"),
    *member_of("api-alert-rule", "rule_id", hours=2),
    *member_of("api-delivery", "delivery_id"),
    call("api-alert-seen", "admin", "POST", of="alert_id"),
    call("api-alert-rules", "admin", "POST", 201, **WATCH, source="{source_id}", vendor="{vendor_id}"),
    call("api-webhooks", "admin"),
    call("api-webhook", "admin", of="webhook_id"),
    call("api-webhooks", "admin", "POST", 201, name="new", url="https://new.example/"),
    call("api-webhook", "admin", "PATCH", of="webhook_id", enabled=False),
    call("api-webhook-test", "admin", "POST", 202, "webhook_id"),
    call("api-delivery-replay", "admin", "POST", 202, "delivery_id"),
    call("api-runs", "run", "POST", 202, vendor="{vendor_id}", **PERIOD),
    *file_of("api-run-verdicts", "run_id", "json", "csv", "ndjson", "parquet"),
    call("api-run-discrepancies", "read", of="run_id"),
    call("api-run-exports", "read", "POST", 202, "run_id", format="csv"),
    call("api-export-file", "read", of="export_id"),
    call("api-export-file", "read", of="parquet_export_id"),
    *file_of("api-discrepancy-claims", "discrepancy_id", "json", "csv", "ndjson", "parquet"),
]
OPEN = [  # for everyone, and with no word about any tenant; the status for somebody who is not signed in
    Row("home", "", status=302),
    Row("sign-in", ""),
    Row("sign-in", "", "POST", 422, {"email": "", "password": ""}),
    Row("sign-out", "", "POST", 302),
    Row("welcome", "", status=302),
    Row("welcome", "", "POST", 302),
    *gets("", "health-live", "health-ready", "metrics", "api-schema", "api-docs"),
    Row("api-nothing", "", status=404),
]


@dataclass(frozen=True)
class Reference:
    """Another object that a row names beside its route: in the query, or in the body where it is posted."""

    row: Row
    name: str
    thing: str

    def __str__(self) -> str:
        return f"{self.row} {self.name} {self.thing}"

    def naming(self, value: Any) -> Row:
        """The row with this value in the reference's place."""
        if self.row.method == "GET":
            return replace(self.row, query={**self.row.query, self.name: str(value)})
        return replace(self.row, body={**self.row.body, self.name: str(value)})


def _refers(rows: list[Row], method: str, name: str, thing: str, *routes_named: str) -> list[Reference]:
    found = [row for row in rows if row.name in routes_named and row.method == method and "format" not in row.query]
    return [Reference(row, name, thing) for row in found if method == "GET" or name in {*row.body, "rule_set"}]


FOUND = (
    "claim_id",
    "run_id",
    "batch_id",
    "source_id",
    "rule_set_id",
    "discrepancy_id",
    "job_id",
    "vendor_id",
    "event_id",
)
REFERENCES = [
    *_refers(PAGES, "GET", "run", "run_id", "overview", "lines", "discrepancies", "discrepancy", "claim"),
    *_refers(PAGES, "GET", "run", "run_id", "rule-set-preview"),
    *_refers(PAGES, "POST", "run", "run_id", "rule-set-preview"),
    *_refers(PAGES, "GET", "against", "strict_id", "rule-set"),
    *[ref for thing in FOUND for ref in _refers(PAGES, "GET", "q", thing, "find")],
    *_refers(PAGES, "GET", "id", "event_id", "event"),
    Reference(Row("law", "see"), "run", "run_id"),
    Reference(Row("law", "see"), "rules", "rule_set_id"),
    *_refers(PAGES, "GET", "batch", "batch_id", "source-map"),
    *_refers(PAGES, "GET", "against", "earlier_id", "batch-screen"),
    *_refers(PAGES, "GET", "vendor", "vendor_id", "rate-cards"),
    *_refers(PAGES, "GET", "vendor", "vendor_id", "counts", "counts-file"),
    *_refers(PAGES, "GET", "after", "card_id", "rate-cards"),
    *_refers(PAGES, "GET", "vendor", "vendor", "lines"),
    *_refers(PAGES, "POST", "vendor", "vendor_id", "run-open", "rate-card-add", "source-add"),
    *_refers(PAGES, "POST", "rule_set", "rule_set_id", "run-open"),
    *_refers(PAGES, "POST", "vendor", "vendor_id", "alert-rule-add"),
    *_refers(PAGES, "POST", "source", "source_id", "alert-rule-add"),
    *_refers(PAGES, "POST", "row", "coverage_id", "coverage-confirm"),
    *_refers(CALLS, "GET", "run", "run_id", "api-scores", "api-discrepancy", "api-claim", "api-claim-explain"),
    *_refers(CALLS, "GET", "run", "run_id", "api-exports"),
    *_refers(CALLS, "GET", "vendor", "vendor_id", "api-agents", "api-actors", "api-rate-cards", "api-sources"),
    *_refers(CALLS, "GET", "vendor", "vendor", "api-runs", "api-run-discrepancies", "api-scores", "api-agents"),
    *_refers(CALLS, "GET", "vendor", "vendor", "api-counts"),
    *_refers(CALLS, "GET", "batch", "counts_batch_id", "api-counts"),
    *_refers(CALLS, "GET", "source", "source_id", "api-batches"),
    *_refers(CALLS, "GET", "rule", "rule_id", "api-alerts"),
    *_refers(CALLS, "GET", "alert", "alert_id", "api-deliveries"),
    *_refers(CALLS, "GET", "webhook", "webhook_id", "api-deliveries"),
    *_refers(CALLS, "POST", "source", "source_id", "api-alert-rules"),
    *_refers(CALLS, "POST", "vendor", "vendor_id", "api-alert-rules"),
    *_refers(CALLS, "GET", "against", "earlier_id", "api-batch-screen"),
    *_refers(CALLS, "GET", "rule_set", "rule_set_id", "api-runs"),
    *_refers(CALLS, "POST", "vendor", "vendor_id", "api-agents", "api-actors", "api-rate-cards", "api-sources"),
    *_refers(CALLS, "POST", "vendor", "vendor", "api-agents", "api-rate-cards", "api-runs"),
    *_refers(CALLS, "POST", "rule_set", "rule_set_id", "api-runs"),
    *_refers(CALLS, "POST", "run", "run_id", "api-rule-set-preview"),
]
