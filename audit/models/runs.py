"""Runs and what they yield: totals, scores, discrepancies."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.kernel.terms import MEANINGS, Reason, State
from audit.models.parties import Vendor
from audit.models.rules import RuleSet
from tenants.models import TenantForeignKey, TenantModel

STATE_CHOICES = [(state.value, state.value.replace("_", " ")) for state in State]
REASON_CHOICES = [(reason.value, MEANINGS[reason].title) for reason in Reason]


class Judgement(TenantModel):
    """What a worker judges stage by stage: where it stands, for whoever waits for it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    stage = models.CharField(max_length=40, blank=True)
    stage_done = models.PositiveIntegerField(default=0)
    stage_total = models.PositiveIntegerField(default=0)
    rows_per_second = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Run(Judgement):
    """One rule set applied to fixed batches for one period. Never edited, only superseded."""

    number = models.PositiveIntegerField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()  # the first instant that no longer belongs
    vendor = TenantForeignKey(Vendor, on_delete=models.PROTECT, null=True, blank=True, related_name="runs")
    rule_set = TenantForeignKey(RuleSet, on_delete=models.PROTECT, related_name="runs")
    trial = models.BooleanField(default=False)  # its rules were not approved: it supersedes nothing
    opened_by = models.CharField(max_length=100)
    inputs = models.JSONField(default=dict)  # batches, coverage, actors, rate cards: fixed when the run opens
    summary = models.JSONField(default=dict)  # the kernel's summary.json
    prices = models.JSONField(default=dict)  # what the rate cards give on its lines, see audit.vault.priced
    files = models.JSONField(default=dict)  # name → key in the vault
    row_root = models.CharField(max_length=64, blank=True)
    superseded_by = TenantForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="run_number_once"),
            models.CheckConstraint(condition=Q(period_start__lt=F("period_end")), name="run_period_begins_before_end"),
        ]

    def __str__(self) -> str:
        return f"Run {self.number}"


class Total(TenantModel):
    """Claims of a run by vendor, agent, action, UTC day, state, reason and currency."""

    run = TenantForeignKey(Run, on_delete=models.CASCADE, related_name="totals")
    vendor = models.TextField()
    agent_id = models.TextField()
    action = models.TextField()
    day = models.DateField()
    state = models.CharField(max_length=12, choices=STATE_CHOICES)
    reason = models.CharField(max_length=20, choices=REASON_CHOICES)
    currency = models.CharField(max_length=3, blank=True)
    claims = models.BigIntegerField()
    units = models.BigIntegerField()
    charge_micros = models.BigIntegerField()
    tokens = models.BigIntegerField(null=True)  # null: no line of it says them

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["tenant", "run", "state", "reason"], name="total_by_run")]

    def __str__(self) -> str:
        return f"{self.vendor} {self.reason} {self.day}"


class Score(TenantModel):
    """Verified share of a run, whole or by vendor, agent or action. Basis points, rounded down."""

    class By(models.TextChoices):
        RUN = "run", "Run"
        VENDOR = "vendor", "Vendor"
        AGENT = "agent", "Agent"
        ACTION = "action", "Action"
        DAY = "day", "Day"

    run = TenantForeignKey(Run, on_delete=models.CASCADE, related_name="scores")
    by = models.CharField(max_length=10, choices=By)
    vendor = models.TextField(blank=True)
    agent_id = models.TextField(blank=True)
    action = models.TextField(blank=True)
    day = models.DateField(null=True)
    low_bps = models.PositiveIntegerField(null=True)  # null: nothing was claimed, so there is no score
    high_bps = models.PositiveIntegerField(null=True)
    claimed_units = models.BigIntegerField()
    verified_units = models.BigIntegerField()
    unverifiable_units = models.BigIntegerField()

    class Meta:
        ordering = ["by", "vendor", "agent_id", "action", "day", "id"]
        indexes = [models.Index(fields=["tenant", "run", "by"], name="score_by_run")]

    def __str__(self) -> str:
        return f"{self.by} {self.low_bps}–{self.high_bps}"


class Discrepancy(TenantModel):
    """One reason, vendor, agent and action over one period. Stays itself across superseding runs."""

    key = models.CharField(max_length=64)  # SHA-256 over what follows: texts may be too long for an index
    vendor = models.TextField()
    agent_id = models.TextField()
    action = models.TextField()
    reason = models.CharField(max_length=20, choices=REASON_CHOICES)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="discrepancy_once_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} · {self.agent_id} · {self.action}"


class Finding(TenantModel):
    """What one run found of a discrepancy: units, money, first and last, examples."""

    discrepancy = TenantForeignKey(Discrepancy, on_delete=models.CASCADE, related_name="findings")
    run = TenantForeignKey(Run, on_delete=models.CASCADE, related_name="findings")
    claims = models.BigIntegerField()
    units = models.BigIntegerField()
    charge_micros = models.BigIntegerField()  # in `currency`, the one with most money
    currency = models.CharField(max_length=3, blank=True)
    money = models.JSONField(default=dict)  # every currency: micros
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    examples = models.JSONField(default=list)  # a few claim ids

    class Meta:
        ordering = ["-charge_micros", "-units", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "run", "discrepancy"], name="finding_once_a_run")]

    def __str__(self) -> str:
        return f"{self.discrepancy} in {self.run}"
