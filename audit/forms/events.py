"""Filters over the work that nobody claimed: every one is part of the address."""

from __future__ import annotations

from typing import Any

from django import forms

NAMES = {"system": "Every system", "action": "Every action", "vendor": "Every vendor"}


class UnclaimedFilter(forms.Form):
    """What the page of unclaimed work may be narrowed by. Texts, so that a filter never depends on what was listed."""

    q = forms.CharField(
        required=False,
        label="Find",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "an event, an actor, a part of a record"}),
    )

    def __init__(self, *args: Any, choices: dict[str, list[str]], **options: Any) -> None:
        super().__init__(*args, **options)
        for name, everything in NAMES.items():
            known = [("", everything), *((word, word) for word in choices.get(name, []))]
            self.fields[name] = forms.CharField(required=False, widget=forms.Select(choices=known))

    def filters(self) -> dict[str, str]:
        """The filters that are set, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
