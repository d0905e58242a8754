"""What the vendor stated that a batch comes to, and what narrows the lines of a batch."""

from __future__ import annotations

from typing import Any

from django import forms

from audit.forms.parties import DAY, MILLION
from audit.models import Screen
from audit.queries.checks import TITLES
from audit.vault.screen import FINDINGS


class StatedForm(forms.Form):
    """The total on the invoice, and the days that it is about. What is left empty is not stated."""

    units = forms.IntegerField(
        required=False, min_value=0, max_value=2**63 - 1, label="Units", help_text="As the vendor counts them."
    )
    charge = forms.DecimalField(required=False, max_digits=18, decimal_places=6, help_text="Without tax: 12500.00")
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        required=False,
        max_length=3,
        help_text="USD",
        error_messages={"invalid": "Three letters, such as USD or EUR."},
    )
    first_on = forms.DateField(required=False, label="First day", widget=DAY)
    last_on = forms.DateField(required=False, label="Last day", widget=DAY)

    def clean_currency(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["currency"]).upper()

    def stated(self) -> dict[str, Any]:
        """What was entered, as the operation takes it: the charge in millionths, exactly."""
        given = dict(self.cleaned_data)
        charge = given.pop("charge")
        return given | {"charge_micros": None if charge is None else int(charge * MILLION)}


def initial(screen: Screen | None) -> dict[str, Any]:
    """What was stated before, for the form."""
    if screen is None:
        return {}
    micros = screen.stated_charge_micros
    return {
        "units": screen.stated_units,
        "charge": None if micros is None else f"{micros // MILLION}.{micros % MILLION:06}" if micros >= 0 else None,
        "currency": screen.stated_currency,
        "first_on": screen.stated_first_on,
        "last_on": screen.stated_last_on,
    }


class BatchLineFilter(forms.Form):
    """What the lines of a batch may be narrowed by."""

    q = forms.CharField(
        required=False,
        label="Find",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "an id or a part of a record"}),
    )
    finding = forms.ChoiceField(
        required=False, choices=[("", "Every line"), *((name, TITLES[name]) for name in FINDINGS)]
    )
    agent_id = forms.CharField(required=False, label="Agent")
    action = forms.CharField(required=False)

    def filters(self) -> dict[str, str]:
        """The filters that are set, by name; what cannot be used is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
