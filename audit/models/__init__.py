"""What PostgreSQL holds: what people act on. Line items lie in the vault, not here."""

from audit.models.alerts import Alert, AlertRule, Attempt, Delivery, Webhook
from audit.models.counts import StatedCount
from audit.models.jobs import Export, IdempotencyKey, Job, LedgerEntry
from audit.models.parties import Agent, RateCard, Vendor
from audit.models.previews import Preview
from audit.models.rules import RuleSet
from audit.models.runs import Discrepancy, Finding, Run, Score, Total
from audit.models.screens import Screen
from audit.models.sources import Actor, Batch, Coverage, Source, Witness
from audit.models.streams import Arrival, Identity

__all__ = [
    "Actor",
    "Agent",
    "Alert",
    "AlertRule",
    "Arrival",
    "Attempt",
    "Batch",
    "Coverage",
    "Delivery",
    "Discrepancy",
    "Export",
    "Finding",
    "IdempotencyKey",
    "Identity",
    "Job",
    "LedgerEntry",
    "Preview",
    "RateCard",
    "RuleSet",
    "Run",
    "Score",
    "Screen",
    "Source",
    "StatedCount",
    "Total",
    "Vendor",
    "Webhook",
    "Witness",
]
