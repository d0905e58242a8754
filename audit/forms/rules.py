"""The law's names as sentences with fields, and the same as JSON: two ways to write one rule set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms import BoundField
from django.http import QueryDict

from audit.forms.rulefields import ByAction, Grades, Lines, Span
from audit.kernel.ruleset import BadRules, Rule, parse, span
from audit.kernel.terms import MEANINGS, STATUSES, Reason
from audit.models import RuleSet

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


def _span(label: str, name: str) -> Span:
    return Span(label=label, help_text=f"The law's default is {span(DEFAULTS[name])}.")


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
        help_text="For periods that begin on that day or later. Left empty: the day it is approved. "
        "Nothing already stated changes.",
    )

    def __init__(self, *args: Any, named: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if named:
            del self.fields["name"]

    def about(self) -> dict[str, Any]:
        """Note and day, and the name where it was asked for."""
        return {name: self.cleaned_data[name] for name in ("name", "note", "effective_on") if name in self.fields}


class RuleForm(forms.Form):
    """Every name of the law as a sentence with a field."""

    match_before_seconds = _span("An event may lie before the claim by at most", "match_before_seconds")
    match_before_by_action = ByAction(
        label="but for these actions by at most", help_text="One a line: api_call 5 seconds"
    )
    match_after_seconds = _span("An event may lie after the claim by at most", "match_after_seconds")
    match_after_by_action = ByAction(
        label="but for these actions by at most", help_text="One a line: case_resolution 1 hour"
    )
    counted_actions = Lines(
        label="Only these actions are a unit", empty_is_all=True, help_text="One a line. Left empty: every action."
    )
    production_environments = Lines(
        label="Only work in these environments counts", help_text="One a line. Work elsewhere is not counted."
    )
    completed_statuses = forms.MultipleChoiceField(
        label="The vendor's own status says that it completed when it is",
        choices=[(word, word) for word in STATUSES],
        widget=forms.CheckboxSelectMultiple,
    )
    registered_agents = Lines(
        label="Only these agents may claim", empty_is_all=True, help_text="One a line. Left empty: every agent."
    )
    failures_are_billed = _flag(
        "A failed line without a charge is charged all the same", "For a price list that bills runs, not successes."
    )
    independent_grades = Grades(label="A claim is verified by witnesses of grade", choices=list(GRADE_SETS.items()))
    compare_effects = _flag(
        "What was written must be what was claimed", "Otherwise another value than the claimed one is no fault."
    )
    ignore_fields = Lines(label="but these fields are not compared", help_text="One a line: last_modified")
    burst_window_seconds = _span("Claims are one burst while the next comes within", "burst_window_seconds")
    burst_minimum = forms.IntegerField(
        label="The same work in one burst counts once from so many claims on",
        min_value=1,
        help_text="The law's default is 2.",
    )
    oscillation_voids = _flag("A burst that goes back and forth counts for nothing")
    undo_window_seconds = _span("Work counts only if it survives", "undo_window_seconds")
    undo_window_by_action = ByAction(
        label="but these actions must survive", help_text="One a line: case_resolution 1 day"
    )
    taint_from = forms.MultipleChoiceField(
        label="Work is spoiled when it was built on a step that is",
        choices=SPOILING,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def groups(self) -> Iterator[tuple[str, str, list[BoundField]]]:
        """Title, explanation and fields of each part of the law."""
        for title, words_, names in GROUPS:
            yield title, words_, [self[name] for name in names]

    def rules(self) -> dict[str, Any]:
        """What the law parses."""
        return {name: self.cleaned_data[name] for name in DEFAULTS}


class JsonForm(forms.Form):
    """The same as one JSON object. `base`: what it said when the page was made."""

    base = forms.CharField(required=False, widget=forms.HiddenInput)
    rules_json = forms.CharField(
        label="Rules as JSON",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "id"}),
        help_text="The same rules as one object. Names that are left out take the law's defaults.",
    )

    def clean_rules_json(self) -> Any:
        """The parsed object."""
        try:
            written = json.loads(self.cleaned_data["rules_json"])
        except json.JSONDecodeError as error:
            raise forms.ValidationError(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from error
        except RecursionError as error:
            raise forms.ValidationError("It is nested too deep.") from error
        if not isinstance(written, dict):
            raise forms.ValidationError("It must be one JSON object with the names of rules.")
        return written

    def rules(self) -> Any:
        """What the law parses."""
        return self.cleaned_data["rules_json"]

    def began_as(self) -> Any:
        """What it said before anybody wrote; None where the page did not say."""
        try:
            return json.loads(self.cleaned_data.get("base") or "null")
        except (json.JSONDecodeError, RecursionError):
            return None


class Draft:
    """What a person writes of one version. Sentences and JSON are one truth: whichever was changed counts."""

    def __init__(self, data: QueryDict | None, values: dict[str, Any], about: dict[str, Any], *, named: bool) -> None:
        """values: the rules that both show; about: note and day; named: the name stands already."""
        sent = set(data or ())
        text = as_json(values)
        self.about = AboutForm(data, initial=about, named=named)
        self.fields = RuleForm(data if sent & DEFAULTS.keys() else None, initial=values)
        self.raw = JsonForm(data if "rules_json" in sent else None, initial={"rules_json": text, "base": text})

    @property
    def forms(self) -> tuple[forms.Form, ...]:
        """Everything that may hold an error."""
        return self.about, self.fields, self.raw

    def rules(self) -> Any:
        """What the law parses, from whichever was changed; None with the reason on a form."""
        if not self.raw.is_bound:
            return self.fields.rules() if self.fields.is_valid() else None
        if not self.raw.is_valid():
            return None
        written = self.raw.rules()
        if not self.fields.is_bound:
            return written
        before = self.raw.began_as()
        if not self.fields.is_valid() or _same(written, before):
            return self.fields.rules() if self.fields.is_valid() else None
        if _same(self.fields.rules(), before) or _same(self.fields.rules(), written):
            return written
        self.raw.add_error("rules_json", "The sentences were changed too, and say something else: change one of them.")
        return None

    def blame(self, faults: Sequence[str]) -> None:
        """Put each fault of the law on the field that it names, or on the JSON."""
        for fault in faults:
            name, _, text = fault.partition(": ")
            if self.fields.is_bound and name in self.fields.fields and not self._is_json_changed():
                self.fields.add_error(name, f"It {text}.")
            elif self.raw.is_bound:
                self.raw.add_error("rules_json", fault)
            else:
                self.about.add_error(None, fault)

    def _is_json_changed(self) -> bool:
        return self.raw.is_bound and not _same(self.raw.cleaned_data.get("rules_json"), self.raw.began_as())


def _same(one: Any, other: Any) -> bool:
    """Whether the law reads both alike."""
    try:
        return parse(one) == parse(other)
    except BadRules:
        return bool(one == other)


def as_json(rules: dict[str, Any]) -> str:
    """Rules for reading and editing: one name a line, in the order of the law."""
    named = {name: rules[name] for name in DEFAULTS if name in rules}
    lines = (f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in named.items())
    return "{\n" + ",\n".join(lines) + "\n}"


class CompareForm(forms.Form):
    """The version that another one is set beside."""

    against = forms.ModelChoiceField(RuleSet.objects.none(), label="Set beside", empty_label=None)

    def __init__(self, *args: Any, versions: QuerySet[RuleSet], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["against"].queryset = versions  # type: ignore[attr-defined]


class RejectForm(forms.Form):
    """Why a version is turned down."""

    why = forms.CharField(
        label="Or reject it, because",
        max_length=10_000,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For whoever drafted it: what to change.",
    )
