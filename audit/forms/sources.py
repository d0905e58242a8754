"""Sources and their files."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms

from audit.kernel.terms import GRADES
from audit.models import Source, Vendor

NO_ZONE = "Refuse times without a zone"
QUOTA = Source._meta.get_field("events_per_minute").default
GRADE_CHOICES = [("", "Choose one"), *((letter, f"{letter}: {words}") for letter, words in GRADES.items())]


def zones() -> list[tuple[str, str]]:
    """The choice of time zones, none first."""
    return [("", NO_ZONE), *((name, name) for name in sorted(available_timezones()))]


class SettingsForm(forms.Form):
    """What every source has, and what may be changed later."""

    name = forms.CharField(max_length=200, help_text="As your people will look for it.")
    expected_hours = forms.IntegerField(
        label="Something is expected at least every so many hours",
        required=False,
        min_value=1,
        max_value=8_760,
        help_text="24 for a daily file. After that it is late, after three times that silent; alerts of silence go by "
        "it too. Left empty: not said.",
    )
    time_zone = forms.ChoiceField(
        choices=zones, required=False, help_text="For times that do not say their zone. Ask who makes the files."
    )
    refused_limit = forms.DecimalField(
        label="Most refused rows, in per cent",
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=10,
        help_text="Over this share a file is refused whole: then its mapping is wrong rather than its rows.",
    )

    def settings(self) -> dict[str, Any]:
        """What the operations take."""
        given = dict(self.cleaned_data)
        given["refused_limit_bps"] = int(given.pop("refused_limit") * 100)
        return given


class EvidenceEditForm(SettingsForm):
    """What may be changed of a source of evidence; it may be streamed."""

    events_per_minute = forms.IntegerField(
        label="Most rows a minute of its stream",
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        initial=QUOTA,
        help_text="More are answered 429 and not kept: the sender tries again in the next minute. "
        f"Files are not held to it. Left empty: {QUOTA:,}.",
    )

    def clean_events_per_minute(self) -> int:
        """The default where nothing is said."""
        return int(self.cleaned_data["events_per_minute"] or QUOTA)


class ClaimsEditForm(EvidenceEditForm):
    """What may be changed of a source of claims."""

    environment = forms.CharField(
        max_length=200,
        required=False,
        help_text="Where the work was done, if its files have no such column: production, sandbox.",
    )


class VendorsForm(SettingsForm):
    """A new source of a vendor, known or new."""

    vendor = forms.ModelChoiceField(Vendor.objects.none(), required=False, empty_label="A new one")
    new_vendor = forms.CharField(
        max_length=200, required=False, label="The new vendor's name", help_text="If it is not in the list above."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["vendor"].queryset = Vendor.objects.all()  # type: ignore[attr-defined]
        if not Vendor.objects.exists():
            self.fields["vendor"].widget = forms.HiddenInput()
            self.fields["new_vendor"].label = "The vendor's name"
            self.fields["new_vendor"].help_text = "Whoever bills for the work. It is entered with this source."
            self.fields["new_vendor"].required = True

    def clean(self) -> dict[str, Any]:
        """Exactly one vendor, known or new."""
        given = super().clean() or {}
        if bool(given.get("vendor")) == bool(given.get("new_vendor")) and "new_vendor" not in self.errors:
            self.add_error("new_vendor", "Choose a vendor from the list, or name a new one: one of the two.")
        return given


class ClaimsSourceForm(VendorsForm, ClaimsEditForm):
    """A new feed of a vendor."""

    field_order = ("vendor", "new_vendor", "name", "environment", "time_zone", "expected_hours", "refused_limit")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["environment"].initial = "production"


class CountsSourceForm(VendorsForm):
    """A vendor's report of totals."""

    field_order = ("vendor", "new_vendor", "name", "time_zone", "expected_hours", "refused_limit")


class EvidenceSourceForm(EvidenceEditForm):
    """A new system that sees work being done."""

    system = forms.CharField(
        max_length=200,
        required=False,
        help_text="One word for it, such as crm. Left empty: the files' own system column says.",
    )
    grade = forms.ChoiceField(
        choices=GRADE_CHOICES, required=False, help_text="Who writes it. A system has one grade, for good."
    )
    vendor = forms.ModelChoiceField(
        Vendor.objects.none(),
        required=False,
        empty_label="The work of any vendor",
        label="Speaks of",
        help_text="A record that the vendor itself writes (grade D) speaks of that vendor only.",
    )
    field_order = ("name", "system", "grade", "vendor", "time_zone", "expected_hours", "refused_limit")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["vendor"].queryset = Vendor.objects.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A system needs its grade; grade D its vendor."""
        given = super().clean() or {}
        if given.get("system") and not given.get("grade"):
            self.add_error("grade", "Say who writes this system's records.")
        if given.get("grade") == "D" and not given.get("vendor"):
            self.add_error("vendor", "Name the vendor that writes these records.")
        return given


class UploadForm(forms.Form):
    """A file of a source."""

    file = forms.FileField(
        label="Drop a file here, or choose one",
        help_text="CSV, TSV, JSON Lines, JSON, Parquet or XLSX; plain, gzip or zip; up to 2 GiB.",
    )


def per_cent(bps: int) -> Decimal:
    """Basis points as per cent, without needless zeros."""
    share = Decimal(bps) / 100
    return share.quantize(Decimal(1)) if share == share.to_integral() else share
