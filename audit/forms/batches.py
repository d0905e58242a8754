"""What narrows the refused rows of a batch."""

from __future__ import annotations

from typing import Any

from django import forms

from audit.templatetags import words

Counted = list[tuple[str, int]]
LONGEST = 70


class RefusedFilter(forms.Form):
    """Choices come from the rows themselves, each with how often it occurs."""

    column = forms.ChoiceField(required=False)
    reason = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, columns: Counted, reasons: Counted, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["column"].choices = _choices("Every column", columns)  # type: ignore[attr-defined]
        self.fields["reason"].choices = _choices("Every reason", reasons)  # type: ignore[attr-defined]


def _choices(every: str, found: Counted) -> list[tuple[str, str]]:
    named = [(name, f"{_cut(name)} ({words.units(count)})") for name, count in found if name]
    return [("", every), *named]


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
