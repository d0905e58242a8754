"""Work to be done, requests already answered, exports made, and the record of every act."""

from __future__ import annotations

from django.db import models

from audit.models.runs import Run
from tenants.models import TenantForeignKey, TenantModel


class Job(TenantModel):
    """A piece of work that must finish. This row, not the broker, decides what is done."""

    class State(models.TextChoices):
        DUE = "due", "Due"
        LEASED = "leased", "In hand"
        DONE = "done", "Done"
        QUARANTINED = "quarantined", "Quarantined"

    class Kind(models.TextChoices):
        TAKE = "take", "Read a file"
        SEAL = "seal", "Seal a segment"
        CARRY = "carry", "Carry a run"
        EXPORT = "export", "Make an export"
        PREVIEW = "preview", "Preview rules"
        WATCH = "watch", "Look for loops"
        DELIVER = "deliver", "Deliver an alert"
        COUNT = "count", "Reckon counts"
        SCREEN = "screen", "Screen claims"

    kind = models.CharField(max_length=10, choices=Kind)
    object_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=State, default=State.DUE)
    attempts = models.PositiveIntegerField(default=0)
    fence = models.PositiveBigIntegerField(default=0)  # grows with each lease; an old holder's writes fail
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "object_id"], name="job_once_an_object")]
        indexes = [models.Index(fields=["tenant", "state", "due_at"], name="job_by_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.object_id}"


class IdempotencyKey(TenantModel):
    """A POST that was answered under an `Idempotency-Key`: the same key gets the same answer."""

    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    body = models.TextField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


class Export(TenantModel):
    """Lines of a run as a file, made by a job: every line that the filter lets through."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"
        NDJSON = "ndjson", "NDJSON"
        PARQUET = "parquet", "Parquet"

    run = TenantForeignKey(Run, on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(max_length=10, choices=Format)
    filters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    row_count = models.BigIntegerField(null=True)
    byte_count = models.BigIntegerField(null=True)
    file_key = models.CharField(max_length=300, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    asked_by = models.CharField(max_length=100)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.file_name or f"{self.format} of {self.run}"


class LedgerEntry(TenantModel):
    """One act in the tenant's append-only ledger. `leaf` is the RFC 6962 leaf hash of its canonical JSON."""

    seq = models.PositiveBigIntegerField()  # from 0, without gaps
    at = models.DateTimeField()
    actor = models.CharField(max_length=100)  # user:<id>, key:<id> or system
    action = models.CharField(max_length=100)
    object = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    leaf = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["tenant", "seq"], name="ledger_seq_once")]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"
