"""Vendors, agents, accounts, prices."""

from __future__ import annotations

from typing import Any

from django import forms

from audit.models import RateCard, Vendor

MILLION = 1_000_000
BASES = [
    (RateCard.Basis.UNIT, "unit, as the line counts them"),
    (RateCard.Basis.ACTION, "action: each line, whatever units it counts"),
    (RateCard.Basis.CONVERSATION, "conversation"),
    (RateCard.Basis.RESOLUTION, "resolution"),
    (RateCard.Basis.TOKEN, "million tokens, input and output"),
]
DAY = forms.DateInput(attrs={"type": "date"})


class VendorForm(forms.Form):
    """A new vendor."""

    name = forms.CharField(max_length=200, help_text="As people say it: “Agentforce”.")
    key = forms.CharField(
        max_length=200,
        required=False,
        label="Word in its claims",
        help_text="What stands in the vendor column of its files. It stays for good. Left empty: the name itself.",
    )


class NameForm(forms.Form):
    """Another name."""

    name = forms.CharField(max_length=200)


class AgentForm(forms.Form):
    """A new agent."""

    agent_id = forms.CharField(max_length=500, label="Id in its claims", help_text="Exactly as the vendor writes it.")
    name = forms.CharField(max_length=200, required=False, label="Shown as")


class AgentNameForm(forms.Form):
    """How an agent is shown."""

    name = forms.CharField(max_length=200, required=False, label="Shown as", help_text="Left empty: by its id.")


class ActorForm(forms.Form):
    """An account that is an agent."""

    system = forms.CharField(max_length=200, help_text="The system's word in the evidence, such as “crm”.")
    actor = forms.CharField(max_length=500, label="Account there", help_text="The actor column of its events.")
    agent_id = forms.CharField(max_length=500, label="Is the agent", help_text="The agent's id in the claims.")


class RateCardForm(forms.Form):
    """A price."""

    vendor = forms.ModelChoiceField(Vendor.objects.none(), empty_label=None)
    action = forms.CharField(
        max_length=200, required=False, help_text="Such as record_update. Left empty: every action without its own."
    )
    basis = forms.ChoiceField(
        label="The price is for one",
        choices=BASES,
        required=False,
        help_text="A resolution is a completed line of the action (of case_resolution, where the price is for every "
        "action); other lines then cost nothing. A conversation is one session, however many lines it has.",
    )
    price = forms.DecimalField(
        min_value=0, max_digits=15, decimal_places=6, help_text="Up to six decimals: 0.10; for tokens, of a million."
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$", max_length=3, error_messages={"invalid": "Three letters, such as USD or EUR."}
    )
    starts_on = forms.DateField(
        label="From",
        widget=DAY,
        help_text="The first day on which the price holds, in your time zone; until another for the same vendor, "
        "action and currency begins. Finished runs keep the prices that they were opened with.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["vendor"].queryset = Vendor.objects.all()  # type: ignore[attr-defined]

    def clean_basis(self) -> str:
        """What one price buys; a unit where nothing is said."""
        return str(self.cleaned_data["basis"] or RateCard.Basis.UNIT)

    def clean_currency(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["currency"]).upper()

    def price_micros(self) -> int:
        """The price in millionths of the currency unit, exactly."""
        return int(self.cleaned_data["price"] * MILLION)
