"""Who is who in the sample: tenants, systems, what they watched, vendors, agents, their jobs, prices and rules.

All names are invented. One quarter of claims; evidence goes on after it, for the undo windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

STARTS_ON: Final = "2026-07-01"
ENDS_ON: Final = "2026-10-01"  # the first day that is no longer in the period
EVIDENCE_FROM: Final = "2026-06-30"
EVIDENCE_TO: Final = "2026-10-10"

CRM, DESK, GATEWAY, PARTNER, VENDOR_LOG, NOWHERE = range(6)  # systems; NOWHERE: nobody watches
GRADES: Final = ("A", "A", "B", "C", "D")

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE36: Final = BASE62[:36]
DECIMAL: Final = BASE62[:10]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: how its target begins, which system is its home, how its ids are written."""

    prefix: str
    home: int
    alphabet: str
    width: int


LEAD, ACCOUNT, CASE, OPPORTUNITY, TICKET, ORDER, INVOICE, SHIPMENT, ARTICLE = range(9)
KINDS: Final = (
    Kind("crm/Lead/00Q", CRM, BASE62, 12),
    Kind("crm/Account/001", CRM, BASE62, 12),
    Kind("crm/Case/500", CRM, BASE62, 12),
    Kind("crm/Opportunity/006", CRM, BASE62, 12),
    Kind("{desk}", DESK, DECIMAL, 12),
    Kind("erp/Order/SO-", GATEWAY, DECIMAL, 12),
    Kind("erp/Invoice/RE-", GATEWAY, DECIMAL, 12),
    Kind("carrier/Shipment/1Z", PARTNER, BASE36, 13),
    Kind("kb/Article/KA", NOWHERE, DECIMAL, 12),
)


@dataclass(frozen=True, slots=True)
class Watch:
    """One coverage row: a system, the targets' prefix, from and to (days or instants, UTC)."""

    system: int
    prefix: str
    starts_at: str
    ends_at: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer: its systems' names, the tickets' prefix, its clock against UTC, its feeds and its coverage."""

    slug: str
    title: str
    systems: tuple[str, ...]
    tickets: str
    hours_from_utc: int
    feeds: tuple[tuple[str, int], ...]  # vendor, share of all lines in percent
    watches: tuple[Watch, ...]


TENANTS: Final = (
    Tenant(
        "northwind",
        "Northwind",
        ("crm", "helpdesk", "gateway", "partner", "finbot-log"),
        "helpdesk/Ticket/",
        -4,
        (("forcedesk", 40), ("finbot", 20)),
        (
            Watch(CRM, "crm/", EVIDENCE_FROM, "2026-08-11"),  # three days of the export are missing
            Watch(CRM, "crm/", "2026-08-14", EVIDENCE_TO),
            Watch(DESK, "helpdesk/", "2026-07-15", EVIDENCE_TO),  # connected two weeks late
            Watch(GATEWAY, "erp/", EVIDENCE_FROM, "2026-09-19T06:00"),
            Watch(GATEWAY, "erp/", "2026-09-19T18:00", "2026-10-08"),
            Watch(PARTNER, "carrier/", EVIDENCE_FROM, "2026-10-02"),  # its last week stays provisional
            Watch(VENDOR_LOG, "kb/", EVIDENCE_FROM, EVIDENCE_TO),
        ),
    ),
    Tenant(
        "contoso",
        "Contoso",
        ("crm", "itsm", "gateway", "partner", "finbot-log"),
        "itsm/Incident/INC",
        2,
        (("copilotx", 25), ("finbot", 15)),
        (
            Watch(CRM, "crm/", EVIDENCE_FROM, "2026-07-21"),
            Watch(CRM, "crm/", "2026-07-24", EVIDENCE_TO),
            Watch(DESK, "itsm/", EVIDENCE_FROM, "2026-09-02"),  # five days lost in a migration
            Watch(DESK, "itsm/", "2026-09-07", EVIDENCE_TO),
            Watch(GATEWAY, "erp/", EVIDENCE_FROM, EVIDENCE_TO),
            Watch(PARTNER, "carrier/", "2026-07-08", "2026-10-04"),
            Watch(VENDOR_LOG, "kb/", EVIDENCE_FROM, EVIDENCE_TO),
        ),
    ),
)

ACTIONS: Final = ("record_update", "case_resolution", "workflow_run", "api_call", "routing_decision")
UPDATE, RESOLUTION, WORKFLOW, CALL, ROUTING = range(5)
STATUSES: Final = ("completed", "failed", "escalated", "in_progress", "unknown")
ENVIRONMENTS: Final = ("production", "sandbox", "test", "staging")
OUTCOMES: Final = ("done", "failed", "undone")
DONE, FAILED, UNDONE = range(3)
CURRENCIES: Final = {"forcedesk": "USD", "finbot": "EUR", "copilotx": "USD"}
LOOPING_AGENT: Final = "sales-enrich"

STATUS, INDUSTRY, REVENUE, STAGE, RENEWAL = range(5)
VALUES: Final = 8  # values of each field; value 0 of Status is the resolution
FIELDS: Final[tuple[tuple[str, tuple[Any, ...]], ...]] = (
    ("Status", ("Solved", "New", "Working", "On hold", "Pending", "Escalated", "Waiting", "Reviewed")),
    ("Industry", ("Energy", "Retail", "Banking", "Insurance", "Chemicals", "Media", "Transport", "Health")),
    ("AnnualRevenue", (250_000, 480_000, 1_250_000, 2_400_000, 3_900_000, 7_500_000, 12_000_000, 31_000_000)),
    ("Stage", ("Prospecting", "Qualified", "Proposal", "Negotiation", "Legal", "Won", "Lost", "Paused")),
    ("RenewalAt", tuple(f"2027-0{month}-01T08:00:00" for month in range(1, 9))),
)


@dataclass(frozen=True, slots=True)
class Job:
    """What an agent does: action on a kind of record, the field it writes, price in micros, weight in the mix."""

    vendor: str
    agent: str
    kind: int
    action: int
    field: int
    price_micros: int
    weight: int
    registered: bool = True


JOBS: Final = (
    Job("forcedesk", LOOPING_AGENT, LEAD, UPDATE, INDUSTRY, 5_400_000, 14),
    Job("forcedesk", LOOPING_AGENT, ACCOUNT, UPDATE, REVENUE, 5_400_000, 8),
    Job("forcedesk", "case-closer", CASE, RESOLUTION, STATUS, 2_000_000, 18),
    Job("forcedesk", "case-closer", CASE, UPDATE, STATUS, 120_000, 10),
    Job("forcedesk", "quote-writer", OPPORTUNITY, UPDATE, STAGE, 850_000, 7),
    Job("forcedesk", "ticket-triage", TICKET, UPDATE, STATUS, 120_000, 10),
    Job("forcedesk", "ticket-triage", TICKET, ROUTING, STATUS, 50_000, 6),
    Job("forcedesk", "ticket-solver", TICKET, RESOLUTION, STATUS, 2_000_000, 9),
    Job("forcedesk", "order-runner", ORDER, WORKFLOW, STATUS, 500_000, 9),
    Job("forcedesk", "order-runner", ORDER, CALL, STATUS, 20_000, 9),
    Job("forcedesk", "parcel-teller", SHIPMENT, CALL, STATUS, 20_000, 6),
    Job("forcedesk", "sales-enrich-beta", LEAD, UPDATE, INDUSTRY, 5_400_000, 3, False),
    Job("finbot", "fin-resolver", TICKET, RESOLUTION, STATUS, 990_000, 30),
    Job("finbot", "fin-resolver", TICKET, ROUTING, STATUS, 40_000, 6),
    Job("finbot", "fin-accounts", ACCOUNT, UPDATE, RENEWAL, 150_000, 16),
    Job("finbot", "fin-cases", CASE, UPDATE, STATUS, 150_000, 12),
    Job("finbot", "fin-refunds", INVOICE, WORKFLOW, STATUS, 700_000, 14),
    Job("finbot", "fin-tracking", SHIPMENT, CALL, STATUS, 30_000, 10),
    Job("finbot", "fin-editor", ARTICLE, UPDATE, STATUS, 400_000, 8),
    Job("finbot", "fin-labs", ACCOUNT, UPDATE, RENEWAL, 150_000, 2, False),
    Job("copilotx", "pilot-incident", TICKET, RESOLUTION, STATUS, 1_600_000, 22),
    Job("copilotx", "pilot-change", TICKET, UPDATE, STATUS, 250_000, 14),
    Job("copilotx", "pilot-change", TICKET, ROUTING, STATUS, 60_000, 5),
    Job("copilotx", "pilot-data", ACCOUNT, UPDATE, REVENUE, 300_000, 16),
    Job("copilotx", "pilot-sales", OPPORTUNITY, UPDATE, STAGE, 300_000, 10),
    Job("copilotx", "pilot-flow", ORDER, WORKFLOW, STATUS, 450_000, 14),
    Job("copilotx", "pilot-flow", INVOICE, CALL, STATUS, 25_000, 8),
    Job("copilotx", "pilot-dispatch", SHIPMENT, CALL, STATUS, 25_000, 7),
    Job("copilotx", "pilot-notes", ARTICLE, UPDATE, STATUS, 200_000, 4),
    Job("copilotx", "pilot-preview", ACCOUNT, UPDATE, REVENUE, 300_000, 2, False),
)
AGENTS: Final = tuple(dict.fromkeys(job.agent for job in JOBS))

RULES: Final[dict[str, Any]] = {
    "match_before_seconds": 60,
    "match_after_seconds": 300,
    "counted_actions": [action for action in ACTIONS if action != ACTIONS[ROUTING]],
    "production_environments": ["production"],
    "completed_statuses": ["completed"],
    "registered_agents": list(dict.fromkeys(job.agent for job in JOBS if job.registered)),
    "independent_grades": ["A", "B", "C"],
    "burst_window_seconds": 300,
    "burst_minimum": 2,
    "undo_window_seconds": 604_800,
}
MATCH_AFTER_SECONDS: Final = 300
UNDO_WINDOW_SECONDS: Final = 604_800


def actor_of(agent: int) -> str:
    """The user under which an agent works in the CRM."""
    return f"0057Q00000AGENT{agent:03d}"
