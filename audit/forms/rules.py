"""The law's names as fields, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django import forms
from django.forms import BoundField

from audit.kernel.ruleset import Rule
from audit.kernel.terms import MEANINGS, STATUSES, Reason
from audit.templatetags import words

DEFAULTS = asdict(Rule())
GRADE_SETS = {"A": "A: the system of record alone", "A B": "A and B: also own telemetry", "A B C": "A, B and C"}
SPOILING = [(reason.value, MEANINGS[reason].title) for reason in Reason if reason != Reason.SUPPORTED]
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "When evidence answers a claim",
        "Clocks differ and systems lag: how far from the claim's own time an event may lie and still be its answer.",
        ("match_before_seconds", "match_before_by_action", "match_after_seconds", "match_after_by_action"),
    ),
    (
        "What is a unit at all",
        "Settled from the vendor's own lines, before any evidence is heard.",
        (
            *("counted_actions", "production_environments", "completed_statuses", "registered_agents"),
            "failures_are_billed",
        ),
    ),
    (
        "Who is believed",
        "Only an independent witness can verify; the vendor's own records attest at most.",
        ("independent_grades", "compare_effects", "ignore_fields"),
    ),
    (
        "The same work again",
        "A loop that writes one record fifty times did one thing.",
        ("burst_window_seconds", "burst_minimum", "oscillation_voids"),
    ),
    (
        "What must last",
        "Work that is reopened, reverted or corrected soon was not done; nor was what was built on a wrong step.",
        ("undo_window_seconds", "undo_window_by_action", "taint_from"),
    ),
)


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


class ByAction(forms.CharField):
    """Seconds by action, one `action seconds` a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 2}), **options)

    def prepare_value(self, value: Any) -> Any:
        """An object as lines."""
        return "\n".join(f"{name} {count}" for name, count in value.items()) if isinstance(value, dict) else value

    def clean(self, value: Any) -> dict[str, int]:
        """Lines as an object."""
        found: dict[str, int] = {}
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            action, _, count = line.strip().rpartition(" ")
            if not action.strip() or not count.isdigit():
                raise forms.ValidationError(f"“{line.strip()}”: write an action, a space, and whole seconds.")
            found[action.strip(" \t:=")] = int(count)
        return found


class Grades(forms.ChoiceField):
    """Which grades can verify."""

    def prepare_value(self, value: Any) -> Any:
        """A list as one choice."""
        return " ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        """The choice as a list."""
        return str(super().clean(value)).split()


def _seconds(label: str, name: str, help_text: str = "") -> forms.IntegerField:
    default = f"In seconds. The law's default is {DEFAULTS[name]}: {words.duration(DEFAULTS[name])}."
    return forms.IntegerField(label=label, min_value=0, help_text=f"{help_text} {default}".strip())


def _flag(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


class AboutForm(forms.Form):
    """What a version says about itself."""

    name = forms.CharField(max_length=200, help_text="Such as “Completed state change”.")
    note = forms.CharField(
        label="Why this version",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For whoever approves it, and for the auditor who reads it in a year.",
    )
    effective_on = forms.DateField(
        label="In force from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Nothing already stated changes.",
    )

    def __init__(self, *args: Any, named: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if named:
            del self.fields["name"]

    def about(self) -> dict[str, Any]:
        """Note and day, and the name where it was asked for."""
        return {name: self.cleaned_data[name] for name in ("name", "note", "effective_on") if name in self.fields}


class RuleForm(AboutForm):
    """Every name of the law as a field."""

    match_before_seconds = _seconds("Before the claim at most", "match_before_seconds")
    match_before_by_action = ByAction(label="Before, for single actions", help_text="One a line: api_call 5")
    match_after_seconds = _seconds("After the claim at most", "match_after_seconds")
    match_after_by_action = ByAction(label="After, for single actions", help_text="One a line: case_resolution 3600")
    counted_actions = Lines(label="Counted actions", empty_is_all=True, help_text="One a line. Left empty: all.")
    production_environments = Lines(label="Production is", help_text="One a line. Work elsewhere is not counted.")
    completed_statuses = forms.MultipleChoiceField(
        label="Completed means", choices=[(word, word) for word in STATUSES], widget=forms.CheckboxSelectMultiple
    )
    registered_agents = Lines(label="Registered agents", empty_is_all=True, help_text="One a line. Left empty: all.")
    failures_are_billed = _flag(
        "Failures are billed", "The price list bills runs, not successes: no charge on a failed line is a charge."
    )
    independent_grades = Grades(label="Grades that can verify", choices=list(GRADE_SETS.items()))
    compare_effects = _flag("Compare what was written", "Otherwise another value than the claimed one is no fault.")
    ignore_fields = Lines(label="Fields not compared", help_text="One a line: last_modified")
    burst_window_seconds = _seconds("In one burst are claims not further apart than", "burst_window_seconds")
    burst_minimum = forms.IntegerField(
        label="The same work counts once from so many claims on", min_value=1, help_text="The law's default is 2."
    )
    oscillation_voids = _flag("A burst that goes back and forth counts for nothing")
    undo_window_seconds = _seconds("Work must survive", "undo_window_seconds")
    undo_window_by_action = ByAction(label="Survive, for single actions", help_text="One a line: case_resolution 86400")
    taint_from = forms.MultipleChoiceField(
        label="What spoils the steps built on it",
        choices=SPOILING,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def groups(self) -> Iterator[tuple[str, str, list[BoundField]]]:
        """Title, explanation and fields of each part of the law."""
        for title, words_, names in GROUPS:
            yield title, words_, [self[name] for name in names]

    def about_fields(self) -> list[BoundField]:
        """The fields that are no part of the law."""
        return [self[name] for name in AboutForm.base_fields if name in self.fields]

    def rules(self) -> dict[str, Any]:
        """What the law parses."""
        return {name: self.cleaned_data[name] for name in DEFAULTS}


class JsonForm(AboutForm):
    """The same as one JSON object."""

    rules_json = forms.CharField(
        label="Rules as JSON",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "id"}),
        help_text="One object. Names that are left out take the law's defaults.",
    )

    def clean_rules_json(self) -> Any:
        """The parsed object."""
        try:
            return json.loads(self.cleaned_data["rules_json"])
        except json.JSONDecodeError as error:
            raise forms.ValidationError(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from error

    def rules(self) -> Any:
        """What the law parses."""
        return self.cleaned_data["rules_json"]


def as_json(rules: dict[str, Any]) -> str:
    """Rules for reading and editing: one name a line, in the order of the law."""
    named = {name: rules[name] for name in DEFAULTS if name in rules}
    lines = (f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in named.items())
    return "{\n" + ",\n".join(lines) + "\n}"
