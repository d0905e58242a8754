"""What narrows the list of jobs and the ledger."""

from __future__ import annotations

from django import forms

from audit.models import Job


class JobFilter(forms.Form):
    """Jobs of one state."""

    state = forms.ChoiceField(choices=[("", "Every state"), *Job.State.choices], required=False)


class LedgerFilter(forms.Form):
    """Entries of one kind of act, or on one thing."""

    action = forms.CharField(
        max_length=100, required=False, label="Act begins with", widget=forms.TextInput(attrs={"placeholder": "batch"})
    )
    thing = forms.CharField(
        max_length=200, required=False, label="Done to", widget=forms.TextInput(attrs={"placeholder": "batch:<id>"})
    )
