"""Who claims and at what price: vendors, their agents, rate cards."""

from __future__ import annotations

from django.db import models

from tenants.models import TenantForeignKey, TenantModel


class Vendor(TenantModel):
    """Who claims. `key` is the word in the `vendor` column of its claims."""

    key = models.CharField(max_length=200)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="vendor_key_once")]

    def __str__(self) -> str:
        return self.name


class Agent(TenantModel):
    """One agent of a vendor, seen in its claims or entered by hand."""

    vendor = TenantForeignKey(Vendor, on_delete=models.CASCADE, related_name="agents")
    agent_id = models.CharField(max_length=500)
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["agent_id", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "vendor", "agent_id"], name="agent_id_once")]

    def __str__(self) -> str:
        return self.name or self.agent_id


class RateCard(TenantModel):
    """The agreed price of an action (empty: of every action) from a day on, until another begins.

    A card that priced lines of a run never changes: another one follows it from a later day.
    """

    class Basis(models.TextChoices):
        UNIT = "unit", "unit"
        ACTION = "action", "action"
        CONVERSATION = "conversation", "conversation"
        RESOLUTION = "resolution", "resolution"
        TOKEN = "token", "million tokens"

    vendor = TenantForeignKey(Vendor, on_delete=models.CASCADE, related_name="rate_cards")
    action = models.CharField(max_length=200, blank=True)
    basis = models.CharField(max_length=12, choices=Basis, default=Basis.UNIT)  # what one price buys
    price_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    starts_on = models.DateField()
    used_by = TenantForeignKey("Run", on_delete=models.PROTECT, null=True, blank=True, related_name="+")  # the first

    class Meta:
        ordering = ["-starts_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "vendor", "action", "currency", "starts_on"], name="rate_card_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.vendor} · {self.action or 'every action'}"
