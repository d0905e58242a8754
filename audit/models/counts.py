"""What vendors state in sums: units, tokens, money of a bucket, beside what the tenant itself holds of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.models.parties import Vendor
from audit.models.runs import Run
from audit.models.sources import Batch
from tenants.models import TenantForeignKey, TenantModel


class StatedCount(TenantModel):
    """The total that one file states for one bucket, and what a reckoning last found of the same bucket.

    Agent, action and environment are empty where the vendor does not tell them apart. What is stated never changes; a
    newer file of the source that states otherwise supersedes it. What was found changes with what arrives: claims as
    their effective revisions stand, events that could be the work, the verdicts of the run that covers the bucket.
    """

    class Watch(models.TextChoices):
        NOBODY = "nobody", "Nobody was watching"
        HOLES = "holes", "Holes in coverage"
        WHOLE = "whole", "Watched throughout"

    vendor = TenantForeignKey(Vendor, on_delete=models.PROTECT, related_name="counts")
    batch = TenantForeignKey(Batch, on_delete=models.PROTECT, related_name="counts")
    key = models.CharField(max_length=64)  # SHA-256 over source and bucket: texts may be too long for an index
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()  # the first instant that no longer belongs
    time_zone = models.CharField(max_length=64)  # whose days and months the borders are
    agent_id = models.TextField(blank=True)
    action = models.TextField(blank=True)
    environment = models.TextField(blank=True)
    line = models.PositiveBigIntegerField()  # where the file first states it
    line_count = models.PositiveBigIntegerField()  # in how many lines, added up
    units = models.BigIntegerField(null=True)  # null: the vendor does not state them
    tokens = models.BigIntegerField(null=True)
    money = models.JSONField(default=dict)  # every currency: micros
    superseded_by = TenantForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes")

    reckoned_at = models.DateTimeField(null=True)  # null: nothing below is known yet
    claim_count = models.BigIntegerField(default=0)
    claim_units = models.BigIntegerField(default=0)
    claim_tokens = models.BigIntegerField(null=True)  # null: no line carries them
    claim_money = models.JSONField(default=dict)
    lines_from = models.DateTimeField(null=True)  # the vendor's first and last line of any bucket
    lines_until = models.DateTimeField(null=True)
    run = TenantForeignKey(Run, on_delete=models.PROTECT, null=True, blank=True, related_name="counts")
    verified_low = models.BigIntegerField(null=True)  # units of that run; null: no run covers the bucket
    verified_high = models.BigIntegerField(null=True)
    events = models.JSONField(default=list)  # [system, grade, events, units] that could be the work
    event_units = models.BigIntegerField(default=0)
    seen_from = models.DateTimeField(null=True)  # the bucket and the rule's windows around it
    seen_until = models.DateTimeField(null=True)
    watch = models.CharField(max_length=10, choices=Watch, default=Watch.NOBODY)
    hole = models.JSONField(default=list)  # the first: system, prefix, from, until
    variance = models.BigIntegerField(null=True)  # stated less lines: units, else tokens, else micros of one currency
    differs = models.BooleanField(default=False)  # in units, tokens or money

    class Meta:
        ordering = ["-period_start", "agent_id", "action", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "batch", "key"], name="count_once_a_batch"),
            models.CheckConstraint(condition=Q(period_start__lt=F("period_end")), name="count_begins_before_it_ends"),
        ]
        indexes = [
            models.Index(fields=["tenant", "vendor", "period_start"], name="count_by_vendor"),
            models.Index(fields=["tenant", "key"], name="count_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.period_start:%Y-%m-%d} {self.agent_id} {self.action}"
