"""The form that opens a run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from audit.models import RuleSet, Vendor

STANDARD = "the law's defaults"
DAY = forms.DateInput(attrs={"type": "date"})


class RunForm(forms.Form):
    """A period by its first and last day in the tenant's zone, the rules, and the vendor or all."""

    first_day = forms.DateField(widget=DAY, help_text="The first day of the period, in your time zone.")
    last_day = forms.DateField(widget=DAY, help_text="The last day that still belongs.")
    rule_set = forms.ModelChoiceField(
        RuleSet.objects.none(), required=False, label="Rules", empty_label="Those in force on the first day"
    )
    vendor = forms.ModelChoiceField(Vendor.objects.none(), required=False, empty_label="Every vendor")

    def __init__(self, *args: Any, in_force: Callable[[date], RuleSet | None], **options: Any) -> None:
        """in_force: the version that judges periods which begin on a day, if any was approved for it."""
        super().__init__(*args, **options)
        if first := self.initial.get("first_day"):
            said = f"For a period that begins on {date_format(first, 'j M Y')}: {in_force(first) or STANDARD}."
            self.fields["rule_set"].help_text = said
        usable = RuleSet.objects.exclude(state=RuleSet.State.REJECTED).order_by("name", "-version")
        self.fields["rule_set"].queryset = usable  # type: ignore[attr-defined]
        self.fields["rule_set"].label_from_instance = _rules_label  # type: ignore[attr-defined]
        self.fields["vendor"].queryset = Vendor.objects.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The period must not end before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day lies before the first: choose a later one.")
        return cleaned

    def period(self) -> tuple[datetime, datetime]:
        """The first instant, and the first that no longer belongs."""
        zone = timezone.get_current_timezone()
        first, last = self.cleaned_data["first_day"], self.cleaned_data["last_day"] + timedelta(days=1)
        return datetime.combine(first, time.min, zone), datetime.combine(last, time.min, zone)


def _rules_label(rule_set: RuleSet) -> str:
    note = "" if rule_set.state == RuleSet.State.APPROVED else f" ({rule_set.get_state_display().lower()}: a trial)"
    return f"{rule_set}{note}"
