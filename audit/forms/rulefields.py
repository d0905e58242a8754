"""The law's values as people write them: lists, lengths of time, grades."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from audit.kernel.ruleset import SECONDS_MAX, span

UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
LENGTH = re.compile(r"(\d+)\s*(second|minute|hour|day|week)?s?", re.ASCII | re.IGNORECASE)
SOME_ACTION = re.compile(r"(.+?)(?:\s*[:=]\s*|\s+)(\d+\s*\w*)", re.ASCII)
HOW_LONG = "Write a whole number and a unit, such as 7 days, 90 minutes or 300 seconds."


def seconds_of(text: str) -> int | None:
    """A length of time as seconds; None where the text is none. A bare number is seconds."""
    found = LENGTH.fullmatch(text.strip())
    if found is None or len(found[1]) > 12:
        return None
    return int(found[1]) * UNITS[(found[2] or "second").lower()]


class Lines(forms.CharField):
    """A list of texts, one a line. Left empty: None where `empty_is_all`, else no text."""

    def __init__(self, *, empty_is_all: bool = False, **options: Any) -> None:
        self.empty_is_all = empty_is_all
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 3}), **options)

    def prepare_value(self, value: Any) -> Any:
        """A list as lines."""
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str] | None:
        """Lines as a list."""
        found = [line.strip() for line in (value or "").splitlines() if line.strip()]
        return None if self.empty_is_all and not found else found


class Span(forms.CharField):
    """A length of time in words."""

    def prepare_value(self, value: Any) -> Any:
        """Seconds in their largest whole unit."""
        return span(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        """Words as seconds."""
        seconds = seconds_of(super().clean(value))
        if seconds is None or seconds > SECONDS_MAX:
            raise forms.ValidationError(HOW_LONG)
        return seconds


class ByAction(forms.CharField):
    """Lengths of time by action, one `action length` a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 2}), **options)

    def prepare_value(self, value: Any) -> Any:
        """An object as lines."""
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{action} {span(seconds)}" for action, seconds in value.items())

    def clean(self, value: Any) -> dict[str, int]:
        """Lines as an object of seconds."""
        found: dict[str, int] = {}
        for line in filter(None, (line.strip() for line in (value or "").splitlines())):
            parts = SOME_ACTION.fullmatch(line)
            seconds = seconds_of(parts[2]) if parts else None
            if parts is None or seconds is None:
                raise forms.ValidationError(f"“{line}”: write an action and how long, such as api_call 5 minutes.")
            found[parts[1]] = seconds
        return found


class Grades(forms.ChoiceField):
    """Which grades can verify."""

    def prepare_value(self, value: Any) -> Any:
        """A list as one choice."""
        return " ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        """The choice as a list."""
        return str(super().clean(value)).split()
