"""Filters over lines and discrepancies: every one is part of the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.http import urlencode

from audit.kernel.terms import MEANINGS, Reason, State
from audit.models import Finding, Run
from audit.queries import runs
from audit.templatetags import words
from audit.templatetags.ledger import STATE_WORDS

STATES = [("", "Every state"), *((state.value, STATE_WORDS[state]) for state in State)]
REASONS = [("", "Every reason"), *((reason.value, MEANINGS[reason].title) for reason in Reason)]
# Shown only where the address sets them.
RARE = ("currency", "environment", "target", "session_id", "provisional", "under", "from", "until")


class LineFilter(forms.Form):
    """What the lines page may be narrowed by."""

    run = forms.CharField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(
        required=False,
        label="Find",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "an id or a part of a record"}),
    )
    state = forms.ChoiceField(required=False, choices=STATES)
    reason = forms.ChoiceField(required=False, choices=REASONS)
    vendor = forms.ChoiceField(required=False)
    agent_id = forms.ChoiceField(required=False, label="Agent")
    action = forms.ChoiceField(required=False)
    currency = forms.CharField(required=False)
    environment = forms.CharField(required=False)
    target = forms.CharField(required=False, label="On the record")
    session_id = forms.CharField(required=False, label="In the session")
    under = forms.CharField(required=False, label="Records under")
    provisional = forms.CharField(required=False, label="May still fall")
    until = forms.CharField(required=False, label="Before")

    def __init__(self, *args: Any, choices: dict[str, list[str]], **options: Any) -> None:
        super().__init__(*args, **options)
        for name, everything in (("vendor", "Every vendor"), ("agent_id", "Every agent"), ("action", "Every action")):
            known = [("", everything), *((word, word) for word in choices.get(name, []))]
            self.fields[name].choices = known  # type: ignore[attr-defined]
        self.fields["from"] = forms.CharField(required=False, label="From")  # a word that Python keeps for itself
        for name in RARE:
            if not self.data.get(name):
                self.fields[name].widget = forms.HiddenInput()

    def filters(self) -> dict[str, str]:
        """The filters that are set, by name; what cannot be used is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "run"}


class AmountFilter(forms.Form):
    """From which amount on discrepancies are listed; what cannot be used narrows nothing."""

    amount = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    currency = forms.RegexField(r"[A-Z]{3}", required=False)
    vendor = forms.CharField(required=False, max_length=200)

    def _given(self) -> dict[str, Any]:
        self.is_valid()
        found = {name: self.cleaned_data.get(name) for name in self.fields}
        return {name: value for name, value in found.items() if value and (name != "currency" or found["amount"])}

    def of(self, run: Run) -> QuerySet[Finding]:
        """What the run found, narrowed."""
        given = self._given()
        whose = [given["vendor"]] if "vendor" in given else []
        if "amount" in given:
            return runs.reaching(run, given["amount"], given.get("currency", ""), *whose)
        found = runs.findings(run)
        return found.filter(discrepancy__vendor__in=whose) if whose else found

    def words(self) -> str:
        """What it narrows to; empty where it does not."""
        given = self._given()
        whose = f" of {given['vendor']}" if "vendor" in given else ""
        if "amount" not in given:
            return whose and f"Only{whose}"
        each = words.money(given["amount"], given.get("currency"))
        return f"Only{whose or ' those'} of {each} or more{'' if 'currency' in given else ' in one currency'}"

    def address(self) -> str:
        """The same as a part of an address."""
        return urlencode(self._given())
