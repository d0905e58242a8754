"""Which column becomes which field: the mapping of a source as a form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from audit.forms.sources import zones
from audit.intake import Mapping
from audit.intake.mapping import GRAINS, LINES
from audit.kernel.terms import TAKEN

CHARGE = "charge"
QUOTED = re.compile("`([^`]*)`")
TRANSLATED = ("action", "outcome", "status", "environment", "grade", "withdrawn", "currency")
PREFIXED = ("target", "parent_id", "session_id", "actor", "agent_id", "claim_id", "event_id", "claim_ref")
UNASKED = {
    "claims": ("grain",),
    "evidence": ("line", "grain", "price", "currency"),
    "counts": ("line", "price", "effect_columns", "effect_field", "effect_value"),
}
ONE_LINE = {
    "evidence": "One line is one event: something that the system saw, with an id of its own.",
    "counts": "One line is the total of a bucket: a period, and where the file says so an agent and an action.",
}
"""What one line is of the kinds that leave no choice."""
TOTAL = "total"
LINE_CHOICES = [
    ("unit", "One unit of work"),
    ("units", "As many units of work as a column says"),
    (TOTAL, "A total: the work of a day, a month or an agent added up"),
]
assert LINES.keys() | {TOTAL} == dict(LINE_CHOICES).keys()
SAID = "said"
ZONE_CHOICES = [("", "Choose one"), (SAID, "The times say it; refuse those that do not")]
GRAIN_CHOICES = [("", "as a column says"), *((name, f"one {name} later") for name in GRAINS)]
EPOCHS = [("", "as text"), ("s", "seconds since 1970"), ("ms", "milliseconds since 1970"), ("us", "microseconds")]
EXPLAINED = {
    "vendor": "who claims",
    "claim_id": "the vendor's own id of the line",
    "revision": "a higher one restates a lower one",
    "withdrawn": "the vendor takes the claim back",
    "agent_id": "which agent",
    "action": "what kind of work: record_update, case_resolution, …",
    "target": "what it was done to: system/type/id",
    "occurred_at": "when, by the writer's clock",
    "session_id": "the conversation or trace",
    "parent_id": "the claim whose output this one used",
    "environment": "production, sandbox, …",
    "status": "completed, failed, escalated, in_progress, unknown",
    "period_start": "when the bucket begins",
    "period_end": "when it ends: the first instant that no longer belongs",
    "tokens": "tokens in and out together",
    "units": "how many units the line stands for",
    "charge_micros": "the charge in millionths",
    "charge": "the charge as a plain decimal",
    "currency": "three letters",
    "tokens_input": "tokens in, cached ones included",
    "tokens_cached": "of these, cached",
    "tokens_output": "tokens out",
    "effect": "what was written: a JSON object",
    "system": "where it was seen",
    "event_id": "its id there",
    "grade": "who wrote it: A, B, C or D",
    "actor": "who did it there",
    "outcome": "done, failed or undone",
    "claim_ref": "the claim that the system names",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the law in the form. `why` says what was guessed; `samples` are values of the guessed column."""

    name: str
    required: bool
    words: str
    column: BoundField
    constant: BoundField | None
    prefix: BoundField | None
    values: BoundField | None
    why: str
    samples: str

    @property
    def more(self) -> bool:
        """Whether what is folded away has something in it."""
        return any(field is not None and (field.value() or field.errors) for field in (self.prefix, self.values))


class MappingForm(forms.Form):
    """A mapping of one kind of input; `columns` are those of the file at hand, none where there is no file.

    `fixed`: fields that the source itself says, which no file needs.
    """

    line = forms.ChoiceField(
        choices=LINE_CHOICES, required=False, widget=forms.RadioSelect, label="What is one line of the file?"
    )
    date_pattern = forms.CharField(
        required=False, max_length=60, help_text="Where times are not RFC 3339: %d/%m/%Y %H:%M, %m/%d/%Y %I:%M %p"
    )
    epoch = forms.ChoiceField(choices=EPOCHS, required=False, label="Times are written")
    time_zone = forms.ChoiceField(
        choices=lambda: [*ZONE_CHOICES, *zones()[1:]],
        required=False,
        label="In which time zone are its times?",
        help_text="Ask who makes the files: a wrong zone moves every line by hours.",
    )
    grain = forms.ChoiceField(
        choices=GRAIN_CHOICES,
        required=False,
        label="A bucket ends",
        help_text="By the calendar of the time zone above, where the file says only when a bucket begins.",
    )
    price = forms.CharField(
        required=False, max_length=30, label="Price of one unit", help_text="Where no column says the charge: 0.10"
    )
    currency = forms.CharField(required=False, max_length=3, help_text="Where no column says it: USD")
    effect_columns = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Columns that hold what was written",
        help_text="One a line, field = column: rating = New Rating",
    )
    effect_field = forms.CharField(
        required=False, label="Column that names the changed field", help_text="As change histories have it: Field"
    )
    effect_value = forms.CharField(required=False, label="Column that holds its new value", help_text="NewValue")

    def __init__(
        self,
        *args: Any,
        kind: str,
        columns: Sequence[str] = (),
        fixed: Sequence[str] = (),
        keeps: bool = False,
        **options: Any,
    ) -> None:
        """keeps: what is sent is to be kept, so that every question must have its answer."""
        super().__init__(*args, **options)
        self.kind, self.found, self.keeps = kind, list(columns), keeps
        self.named = [column for column in TAKEN[kind] if column.name not in fixed]
        for column in self.named:
            if column.name == "charge_micros":
                self._add(CHARGE)
            self._add(column.name)
        if "constant_environment" in self.fields:
            self.fields["constant_environment"].label = "Where the work was done: the same for every line"
        for name in UNASKED[kind]:
            del self.fields[name]

    def _add(self, name: str) -> None:
        """The inputs of one field of the law."""
        wanted = self.initial.get(f"column_{name}", "")
        self.fields[f"column_{name}"] = self._column(name, wanted)
        if name != "occurred_at":
            self.fields[f"constant_{name}"] = _text(f"{name}: the same in every row")
        if name in PREFIXED:
            self.fields[f"prefix_{name}"] = _text(f"{name}: put before each value")
        if name in TRANSLATED:
            self.fields[f"values_{name}"] = forms.CharField(
                required=False, label=f"{name}: translate", widget=forms.Textarea(attrs={"rows": 3})
            )

    def _column(self, name: str, wanted: str) -> forms.Field:
        label = f"{name}: column"
        if not self.found:
            return forms.CharField(required=False, label=label, max_length=500)
        names = self.found if not wanted or wanted in self.found else [*self.found, wanted]
        choices = [(column, column if column in self.found else f"{column} (not in this file)") for column in names]
        return forms.ChoiceField(required=False, label=label, choices=[("", "no column"), *choices])

    def rows(self, why: dict[str, str], samples: Mapped[str, Sequence[str]]) -> Iterator[Row]:
        """Every field of the law with its inputs. why: field → what was guessed; samples: column → first values."""
        required = {column.name for column in self.named if column.required}
        for name in self._names():
            chosen = self[f"column_{name}"]
            yield Row(
                name,
                name in required,
                EXPLAINED.get(name, ""),
                chosen,
                self._bound(f"constant_{name}"),
                self._bound(f"prefix_{name}"),
                self._bound(f"values_{name}"),
                why.get(name, ""),
                ", ".join(samples.get(str(chosen.value() or ""), ())),
            )

    def _bound(self, name: str) -> BoundField | None:
        return self[name] if name in self.fields else None

    @property
    def one_line(self) -> str:
        """What one line is, where the kind leaves no choice."""
        return ONE_LINE.get(self.kind, "")

    def about_times(self) -> list[BoundField]:
        """How times are written."""
        return [self[name] for name in ("epoch", "date_pattern", "grain") if name in self.fields]

    def about_money(self) -> list[BoundField]:
        """What a line costs where no column says so."""
        return [self[name] for name in ("price", "currency") if name in self.fields]

    def about_effects(self) -> list[BoundField]:
        """What was written."""
        return [self[name] for name in ("effect_columns", "effect_field", "effect_value") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """One way for each field, and nothing that a mapping cannot hold."""
        given = super().clean() or {}
        for name in self._names():
            if given.get(f"column_{name}") and given.get(f"constant_{name}"):
                self.add_error(f"constant_{name}", "Choose a column or one value for every row, not both.")
            if f"values_{name}" in self.fields:
                self._translate(f"values_{name}", given)
        if "effect_columns" in self.fields:
            self._translate("effect_columns", given)
        if bool(given.get("effect_field")) != bool(given.get("effect_value")):
            self.add_error("effect_value", "Name both columns: the one with the field and the one with its value.")
        if self.keeps:
            self._ask(given)
        if given.get("line") == TOTAL:
            self.add_error("line", "Totals are no claims: give them a source of counts, which compares them.")
        if not self.errors:
            for problem in self.mapping().problems(self.kind):
                self.add_error(None, f"{problem[:1].upper()}{problem[1:]}.")
        return given

    def _ask(self, given: dict[str, Any]) -> None:
        """Note the questions that have no answer."""
        if "line" in self.fields and not given.get("line"):
            self.add_error("line", "Say what one line is: how much work it claims depends on it.")
        if not given.get("time_zone"):
            self.add_error("time_zone", "Choose the zone of the times, or that the times say it themselves.")
        if self.kind == "claims" and not (given.get("column_environment") or given.get("constant_environment")):
            self.add_error(
                "constant_environment", "Choose the column that says it, or write production, sandbox or your own word."
            )

    def _names(self) -> list[str]:
        return [name.removeprefix("column_") for name in self.fields if name.startswith("column_")]

    def _translate(self, name: str, given: dict[str, Any]) -> None:
        found: dict[str, str] = {}
        for line in (given.get(name) or "").splitlines():
            left, sign, right = line.partition("=")
            if line.strip() and not (sign and left.strip()):
                self.add_error(name, f"“{line.strip()}”: write both sides with = between them.")
            elif line.strip():
                found[left.strip()] = right.strip()
        given[name] = found

    def mapping(self) -> Mapping:
        """What was entered, as a mapping."""
        given, names = self.cleaned_data, self._names()

        def each(part: str) -> dict[str, Any]:
            return {name: given[f"{part}_{name}"] for name in names if given.get(f"{part}_{name}")}

        pair = (given.get("effect_field"), given.get("effect_value"))
        return Mapping(
            columns=each("column"),
            constants=each("constant"),
            prefixes=each("prefix"),
            values=each("values"),
            effect_columns=given.get("effect_columns") or {},
            effect_pair=(str(pair[0]), str(pair[1])) if all(pair) else None,
            line=given.get("line") or None,
            grain=given.get("grain") or None,
            time_zone=_unless(SAID, given.get("time_zone")),
            date_pattern=given.get("date_pattern") or None,
            epoch=given.get("epoch") or None,
            price=given.get("price") or None,
            currency=given.get("currency") or None,
        )


def _unless(word: str, text: str | None) -> str | None:
    return text if text and text != word else None


def initial(mapping: Mapping, *, zone_said: bool) -> dict[str, Any]:
    """A mapping as the form shows it. zone_said: the times say their zone, or so it was answered."""
    parts = {"column": mapping.columns, "constant": mapping.constants, "prefix": mapping.prefixes}
    shown: dict[str, Any] = {
        f"{part}_{name}": value for part, values in parts.items() for name, value in values.items()
    }
    shown |= {f"values_{name}": _lines(values) for name, values in mapping.values.items()}
    shown |= {
        name: getattr(mapping, name) or ""
        for name in ("line", "grain", "time_zone", "date_pattern", "epoch", "price", "currency")
    }
    shown["time_zone"] = shown["time_zone"] or (SAID if zone_said else "")
    shown["effect_columns"] = _lines(mapping.effect_columns)
    shown["effect_field"], shown["effect_value"] = mapping.effect_pair or ("", "")
    return shown


def _lines(values: dict[str, str]) -> str:
    return "\n".join(f"{left} = {right}" for left, right in values.items())


def _text(label: str) -> forms.CharField:
    return forms.CharField(required=False, label=label, max_length=500, strip=False)
