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
    """The agreed price of one unit of an action (empty: of every action) from a day on."""

    vendor = TenantForeignKey(Vendor, on_delete=models.CASCADE, related_name="rate_cards")
    action = models.CharField(max_length=200, blank=True)
    price_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    starts_on = models.DateField()

    class Meta:
        ordering = ["-starts_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "vendor", "action", "currency", "starts_on"], name="rate_card_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.vendor} · {self.action or 'every action'}"
