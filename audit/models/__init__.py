"""What PostgreSQL holds: what people act on. Line items lie in the vault, not here."""

from audit.models.jobs import Export, IdempotencyKey, Job, LedgerEntry
from audit.models.parties import Agent, RateCard, Vendor
from audit.models.rules import RuleSet
from audit.models.runs import Discrepancy, Finding, Run, Score, Total
from audit.models.sources import Actor, Batch, Coverage, Source, Witness

__all__ = [
    "Actor",
    "Agent",
    "Batch",
    "Coverage",
    "Discrepancy",
    "Export",
    "Finding",
    "IdempotencyKey",
    "Job",
    "LedgerEntry",
    "RateCard",
    "RuleSet",
    "Run",
    "Score",
    "Source",
    "Total",
    "Vendor",
    "Witness",
]
