"""What narrows the counts that vendors state."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from audit.models import Vendor

DAY = forms.DateInput(attrs={"type": "date"})


class CountFilter(forms.Form):
    """Vendor, agent, action, days, and whether only what differs is wanted."""

    vendor = forms.ModelChoiceField(Vendor.objects.none(), required=False, empty_label="Every vendor")
    agent_id = forms.ChoiceField(required=False, label="Agent")
    action = forms.ChoiceField(required=False)
    until = forms.DateField(required=False, label="To", widget=DAY)
    differing = forms.BooleanField(required=False, label="Only with variance")

    def __init__(self, *args: Any, choices: dict[str, list[str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["vendor"].queryset = Vendor.objects.filter(counts__isnull=False).distinct()  # type: ignore[attr-defined]
        for name, everything in (("agent_id", "Every agent"), ("action", "Every action")):
            known = [("", everything), *((word, word) for word in choices[name])]
            self.fields[name].choices = known  # type: ignore[attr-defined]
        self.fields["from"] = forms.DateField(required=False, label="From", widget=DAY)  # a word of Python's
        self.order_fields(["vendor", "agent_id", "action", "from", "until", "differing"])

    def narrowing(self) -> dict[str, Any]:
        """What the query takes; what cannot be used is left out. Days are those of the tenant's zone, both included."""
        self.is_valid()
        given = self.cleaned_data
        zone = timezone.get_current_timezone()
        first, last = given.get("from"), given.get("until")
        return {
            "vendor": given["vendor"].id if given.get("vendor") else None,
            "agent_id": given.get("agent_id", ""),
            "action": given.get("action", ""),
            "start": datetime.combine(first, time.min, zone) if first else None,
            "end": datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
            "differing": given.get("differing", False),
        }
