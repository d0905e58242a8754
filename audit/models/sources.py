"""Where claims and evidence come from, what arrived, and when somebody was watching."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from audit.kernel.terms import GRADES
from audit.models.parties import Vendor
from tenants.models import TenantForeignKey, TenantModel

GRADE_CHOICES = [(grade, f"{grade}: {words}") for grade, words in GRADES.items()]


def rows_are_conserved(name: str) -> models.CheckConstraint:
    """The constraint that every received row is accounted for."""
    fates = F("accepted_count") + F("duplicate_count") + F("conflicting_count") + F("refused_count")
    return models.CheckConstraint(condition=Q(received_count=fates), name=name)


class Source(TenantModel):
    """One vendor feed or one own system, with the mapping of its files."""

    class Kind(models.TextChoices):
        CLAIMS = "claims", "Claims: what the vendor reports"
        EVIDENCE = "evidence", "Evidence: what another system saw"
        COUNTS = "counts", "Counts: totals that the vendor states"

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=200)
    vendor = TenantForeignKey(Vendor, on_delete=models.PROTECT, null=True, blank=True, related_name="sources")
    system = models.CharField(max_length=200, blank=True)  # evidence; empty: the file's own column says
    grade = models.CharField(max_length=1, choices=GRADE_CHOICES, blank=True)
    environment = models.CharField(max_length=200, blank=True)  # claims; for files without the column
    time_zone = models.CharField(max_length=64, blank=True)  # for times without a zone; empty: refuse them
    mapping = models.JSONField(default=dict, blank=True)  # see audit.intake.Mapping; {}: canonical names
    mapping_version = models.PositiveIntegerField(default=0)
    refused_limit_bps = models.PositiveIntegerField(default=1000)  # over this share a file is refused whole
    events_per_minute = models.PositiveIntegerField(default=1_200_000)  # of its stream; more are answered 429
    expected_hours = models.PositiveIntegerField(null=True, blank=True)  # something at least so often; null: not said

    class Meta:
        ordering = ["kind", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="source_name_once"),
            models.CheckConstraint(condition=Q(refused_limit_bps__lte=10_000), name="source_refused_limit_is_a_share"),
            models.CheckConstraint(condition=~Q(expected_hours=0), name="source_expects_within_hours"),
            models.CheckConstraint(
                condition=Q(kind="evidence") | Q(vendor__isnull=False), name="source_of_claims_has_a_vendor"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Witness(TenantModel):
    """A system that is heard, and its one grade."""

    system = models.CharField(max_length=200)
    grade = models.CharField(max_length=1, choices=GRADE_CHOICES)

    class Meta:
        ordering = ["grade", "system", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "system"], name="witness_system_once")]

    def __str__(self) -> str:
        return f"{self.system} ({self.grade})"


class Batch(TenantModel):
    """One received file of a source, or one segment of its stream. Sealed, it never changes.

    The same file twice is one batch. A segment is open while rows arrive, and received once it is closed for reading:
    then it gets its place in the order of arrival.
    """

    class State(models.TextChoices):
        OPEN = "open", "Receiving"
        RECEIVED = "received", "Received"
        SEALED = "sealed", "Sealed"
        REFUSED = "refused", "Refused"

    source = TenantForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    streamed = models.BooleanField(default=False)  # a segment of the source's stream
    position = models.PositiveBigIntegerField()  # order of arrival in the tenant, without gaps
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    byte_count = models.PositiveBigIntegerField()
    raw_key = models.CharField(max_length=300, blank=True)  # the file; of a segment its rows as received, a line each
    bodies_key = models.CharField(max_length=300, blank=True)  # Parquet: of a segment every request, byte for byte
    mapping = models.JSONField(default=dict, blank=True)  # as it stood when the batch arrived
    mapping_version = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    error = models.TextField(blank=True)  # why the batch was refused whole
    received_count = models.PositiveBigIntegerField(default=0)
    accepted_count = models.PositiveBigIntegerField(default=0)
    duplicate_count = models.PositiveBigIntegerField(default=0)
    conflicting_count = models.PositiveBigIntegerField(default=0)
    refused_count = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    rows_key = models.CharField(max_length=300, blank=True)  # canonical Parquet
    refused_key = models.CharField(max_length=300, blank=True)  # CSV: file, line, column, value, reason
    conflicts_key = models.CharField(max_length=300, blank=True)  # Parquet: same id, other content
    received_by = models.CharField(max_length=100)
    sealed_at = models.DateTimeField(null=True)
    ledger_index = models.PositiveBigIntegerField(null=True)

    class Meta:
        ordering = ["-position"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source", "sha256"], condition=Q(streamed=False), name="batch_bytes_once"
            ),
            models.UniqueConstraint(fields=["tenant", "source"], condition=Q(state="open"), name="batch_open_once"),
            models.CheckConstraint(condition=~Q(state="open") | Q(streamed=True), name="batch_open_is_streamed"),
            models.UniqueConstraint(fields=["tenant", "position"], name="batch_position_once"),
            rows_are_conserved("batch_rows_are_conserved"),
        ]

    def __str__(self) -> str:
        return self.file_name


class Coverage(TenantModel):
    """Where and when a system was watching. Proposed by a batch, or declared; counts once confirmed."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        CONFIRMED = "confirmed", "Confirmed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    system = models.CharField(max_length=200)
    grade = models.CharField(max_length=1, choices=GRADE_CHOICES)
    target_prefix = models.CharField(max_length=500)
    action = models.CharField(max_length=200, blank=True)  # empty: every action
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.CONFIRMED)
    batch = TenantForeignKey(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals")
    decided_by = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["system", "target_prefix", "starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="coverage_begins_before_it_ends"),
            models.CheckConstraint(condition=~Q(target_prefix=""), name="coverage_names_targets"),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.target_prefix}"


class Actor(TenantModel):
    """Which account in which system is which agent."""

    system = models.CharField(max_length=200)
    actor = models.CharField(max_length=500)
    vendor = TenantForeignKey(Vendor, on_delete=models.CASCADE, related_name="actors")
    agent_id = models.CharField(max_length=500)

    class Meta:
        ordering = ["system", "actor", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "system", "actor", "vendor", "agent_id"], name="actor_binding_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor} in {self.system}"
