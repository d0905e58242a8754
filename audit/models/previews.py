"""What rules would change: a finished run judged again by other rules, without a trace in the run."""

from __future__ import annotations

from django.db import models

from audit.models.rules import RuleSet
from audit.models.runs import Judgement, Run
from tenants.models import TenantForeignKey


class Preview(Judgement):
    """One rule set tried on the inputs of one finished run. The last one of the two is kept."""

    rule_set = TenantForeignKey(RuleSet, on_delete=models.CASCADE, related_name="previews")
    run = TenantForeignKey(Run, on_delete=models.CASCADE, related_name="previews")
    rules = models.JSONField()  # as they stood when it was asked for: a draft may change meanwhile
    digest = models.CharField(max_length=64)  # of the rules
    asked_by = models.CharField(max_length=100)
    sample = models.JSONField(default=dict)  # the outcome on a sample of whole records, where the run is large
    outcome = models.JSONField(default=dict)  # matrix, scores, money: before and after
    file_key = models.CharField(max_length=300, blank=True)  # the changed lines, in the vault

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "rule_set", "run"], name="preview_once")]

    def __str__(self) -> str:
        return f"{self.rule_set} on {self.run}"
