"""Declaring that a system was watching."""

from __future__ import annotations

from typing import Any

from django import forms

from audit.forms.sources import GRADE_CHOICES

INSTANT = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")


class CoverageForm(forms.Form):
    """System, targets and span."""

    system = forms.CharField(max_length=200, help_text="The system's word in the evidence, such as crm.")
    grade = forms.ChoiceField(
        choices=[("", "As it is known already"), *GRADE_CHOICES[1:]],
        required=False,
        help_text="Needed only for a system that has not been heard of.",
    )
    target_prefix = forms.CharField(
        max_length=500,
        label="Targets that begin with",
        help_text="crm/Case/ covers every case; without the slash at its end it is one target alone.",
    )
    action = forms.CharField(max_length=200, required=False, help_text="Left empty: every action.")
    starts_at = forms.DateTimeField(label="Watching from", widget=INSTANT)
    ends_at = forms.DateTimeField(label="Watching to", widget=INSTANT)

    def clean(self) -> dict[str, Any]:
        """The end lies after the beginning."""
        given = super().clean() or {}
        first, last = given.get("starts_at"), given.get("ends_at")
        if first and last and first >= last:
            self.add_error("ends_at", "It ends before it begins: choose a later instant.")
        return given
