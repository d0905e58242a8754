"""The versioned rules."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tenants.models import TenantModel


class RuleSet(TenantModel):
    """One version of the rules under one name. A version that was submitted never changes."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Waiting for approval"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    rules = models.JSONField()  # every name of the law, defaults filled in
    digest = models.CharField(max_length=64)
    note = models.TextField(blank=True)  # why this version
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    effective_on = models.DateField(null=True, blank=True)
    drafted_by = models.CharField(max_length=100)
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)  # why it was rejected

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name", "version"], name="rule_set_version_once"),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("drafted_by")), name="rule_set_needs_two_persons"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"
