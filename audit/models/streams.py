"""What streams bring: requests that wait to be sealed, and the identity of every row that ever came through one."""

from __future__ import annotations

from django.db import models

from audit.models.sources import Batch, rows_are_conserved
from tenants.models import Tenant, TenantForeignKey, TenantModel
from tenants.scope import current


class Arrival(TenantModel):
    """One request to a stream: its receipt for good, its bytes and rows until the segment is sealed.

    `seq` is an identity column that PostgreSQL fills: the order of arrival inside a segment.
    """

    batch = TenantForeignKey(Batch, on_delete=models.PROTECT, related_name="arrivals", db_index=False)
    seq = models.BigIntegerField(editable=False)
    content_type = models.CharField(max_length=200)
    content_encoding = models.CharField(max_length=20, blank=True)
    sha256 = models.CharField(max_length=64)  # of the body as received
    byte_count = models.PositiveBigIntegerField()
    line_count = models.PositiveBigIntegerField()  # lines that it takes in the segment's raw file
    received_count = models.PositiveBigIntegerField()
    accepted_count = models.PositiveBigIntegerField()
    duplicate_count = models.PositiveBigIntegerField()
    conflicting_count = models.PositiveBigIntegerField()
    refused_count = models.PositiveBigIntegerField()
    refusals = models.JSONField(default=list)  # [line of the request, column, value, reason]
    body = models.BinaryField(null=True)  # as received
    text = models.BinaryField(null=True)  # its rows, a line of JSON each; null where the body is such lines
    rows = models.BinaryField(null=True)  # canonical rows that were not known: Arrow
    received_by = models.CharField(max_length=100)

    class Meta:
        ordering = ["seq"]
        constraints = [
            rows_are_conserved("arrival_rows_are_conserved"),
        ]
        indexes = [
            models.Index(fields=["tenant", "batch", "seq"], name="arrival_by_batch"),
            models.Index(fields=["tenant", "created_at"], name="arrival_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.received_count} rows of {self.batch_id}"


class Identity(TenantModel):
    """A row that came through a stream, for ever. `id` is the digest of what makes it that row.

    A row with a known identity and other content has an identity of its own too: the digest of both. So it is a
    duplicate when it comes again.
    """

    tenant = models.ForeignKey(  # the wall's policy lets no row in of a tenant that is not there, and costs less
        Tenant,
        on_delete=models.PROTECT,
        default=current,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    content = models.BinaryField(max_length=16)  # the fingerprint of its canonical values

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.id)
