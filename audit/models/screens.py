"""What claims say against themselves: a batch looked through before any evidence is there. No verdict comes of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.models.runs import Judgement
from audit.models.sources import Batch
from tenants.models import TenantForeignKey


class Screen(Judgement):
    """The claims of one batch set against themselves, and against what the vendor stated that they come to."""

    batch = TenantForeignKey(Batch, on_delete=models.CASCADE, related_name="screens")
    digest = models.CharField(max_length=64, blank=True)  # of rules, prices and steps that it was made by
    outcome = models.JSONField(default=dict)  # see audit.vault.screen
    file_key = models.CharField(max_length=300, blank=True)  # Parquet: which rows each finding speaks of
    stated_units = models.PositiveBigIntegerField(null=True, blank=True)
    stated_charge_micros = models.BigIntegerField(null=True, blank=True)
    stated_currency = models.CharField(max_length=3, blank=True)
    stated_first_on = models.DateField(null=True, blank=True)
    stated_last_on = models.DateField(null=True, blank=True)
    stated_by = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "batch"], name="screen_once"),
            models.CheckConstraint(
                condition=Q(stated_charge_micros__isnull=True) | ~Q(stated_currency=""),
                name="screen_charge_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(stated_first_on__isnull=True)
                | Q(stated_last_on__isnull=True)
                | Q(stated_first_on__lte=F("stated_last_on")),
                name="screen_period_begins_before_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch}, against itself"
