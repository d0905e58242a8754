"""Filters over lines and discrepancies: every one is part of the address."""

from __future__ import annotations

from typing import Any

from django import forms

from audit.kernel.terms import MEANINGS, Reason, State
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
