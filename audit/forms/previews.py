"""Which finished run rules are tried on, and which changed lines are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from audit.forms.lines import REASONS, STATES
from audit.models import Run


class PreviewForm(forms.Form):
    """A finished run."""

    run = forms.ModelChoiceField(Run.objects.none(), empty_label=None, label="On the inputs of")

    def __init__(self, *args: Any, say: Callable[[Run], str], **options: Any) -> None:
        """say: the period of a run in words."""
        super().__init__(*args, **options)
        done = Run.objects.filter(state=Run.State.DONE).select_related("vendor").order_by("-number")
        self.fields["run"].queryset = done  # type: ignore[attr-defined]
        self.fields["run"].label_from_instance = lambda run: (  # type: ignore[attr-defined]
            f"{run}: {say(run)}, {run.vendor or 'every vendor'}"
        )


class ChangeFilter(forms.Form):
    """What the changed lines may be narrowed by; the run stays in the address."""

    run = forms.CharField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(
        required=False,
        label="Find",
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "an id or a part of a record"}),
    )
    old_state = forms.ChoiceField(required=False, choices=STATES, label="State now")
    old_reason = forms.ChoiceField(required=False, choices=REASONS, label="Reason now")
    new_state = forms.ChoiceField(required=False, choices=STATES, label="State then")
    new_reason = forms.ChoiceField(required=False, choices=REASONS, label="Reason then")

    def filters(self) -> dict[str, str]:
        """The filters that are set, by name; what cannot be used is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "run"}
