"""Guesses: which column may be which canonical field, and how to read it, each with the reason in words.

A guess is an offer. It is shown with its reason before anything is taken, and a person changes what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from audit.intake.buckets import grain_of
from audit.intake.mapping import CHARGE, Mapping
from audit.intake.names import MEANINGS, NAMES, PAIRS, Known, plain
from audit.intake.times import is_instant, patterns_of, unit_of
from audit.kernel.inputs.instants import instant
from audit.kernel.terms import CHARGED, OUTCOMES, STATUSES, TAKEN

Sample = Sequence[dict[str, str]]
Reasons = dict[str, str]
_LISTED: Final = {"status": STATUSES, "outcome": OUTCOMES, "environment": ("production", "sandbox")}
_MOST: Final = 200
_SYSTEMS: Final = 5
_WHOLE: Final = re.compile(r"-?[0-9]+(\.0*)?")
_CURRENCY: Final = re.compile(r"(?![A-Z]{3})[A-Za-z]{3}")
_TARGET: Final = re.compile(r"[A-Za-z][\w.-]*(/[\w.-]+)+/\S+")


def guess(kind: str, columns: Sequence[str], sample_rows: Sample) -> tuple[Mapping, Reasons]:
    """A mapping for files with these columns, and for each field (and `time_zone` and so on) why.

    Looks for the canonical names first, then for names that vendors use, last at the values. What it cannot tell it
    leaves out.
    """
    sample = sample_rows[:_MOST]
    found, reasons = _by_name(kind, columns, sample)
    _by_value(kind, columns, sample, found, reasons)
    values = _meanings(found, sample, reasons)
    pair = _pair(kind, columns, found, reasons)
    constants = _constants(kind, found, reasons)
    times = _times(kind, found, sample, reasons) | _grain(kind, found, sample, reasons)
    return Mapping(columns=found, constants=constants, values=values, effect_pair=pair, **times), reasons


def missing(kind: str, mapping: Mapping, given: Sequence[str] = ()) -> list[str]:
    """The fields that every row needs and nothing gives yet."""
    have = {*mapping.columns, *mapping.constants, *given, *(["period_end"] if mapping.grain else [])}
    return [column.name for column in TAKEN[kind] if column.required and column.name not in have]


def _by_name(kind: str, columns: Sequence[str], sample: Sample) -> tuple[dict[str, str], Reasons]:
    found: dict[str, str] = {}
    reasons: Reasons = {}
    names = [column.name for column in TAKEN[kind]] + ([CHARGE] if kind in CHARGED else [])
    by_plain = {plain(column): column for column in reversed(columns)}
    for name in names:
        if name in columns:
            found[name], reasons[name] = name, "the column has the canonical name"
        elif plain(name) in by_plain:
            found[name] = by_plain[plain(name)]
            reasons[name] = f"`{found[name]}` is the canonical name in another spelling"
    kinds = {column.name: column.kind for column in TAKEN[kind]}
    for name in names:
        if name not in found and not (name == CHARGE and "charge_micros" in found):
            _known(NAMES[kind].get(name, ()), name, kinds.get(name, "text"), by_plain, sample, found, reasons)
    return found, reasons


def _known(
    known: Known,
    name: str,
    kind: str,
    by_plain: dict[str, str],
    sample: Sample,
    found: dict[str, str],
    reasons: Reasons,
) -> None:
    """Give a field the first column whose name is known for it, that no other field has and whose values may do."""
    for other, whose in known:
        column = by_plain.get(plain(other))
        if column is not None and column not in found.values() and _may_be(kind, _texts(sample, column)):
            found[name], reasons[name] = column, f"`{column}` is its name in {whose}"
            return


def _may_be(kind: str, texts: list[str]) -> bool:
    """Whether values may be of a kind; only what is surely not is left out."""
    if kind == "whole":
        return all(_WHOLE.fullmatch(text) for text in texts)
    if kind == "integer":
        return all(text.removeprefix("-").isdigit() for text in texts)
    if kind == "boolean":
        return all(text.lower() in ("true", "false", "0", "1") for text in texts)
    return kind != "instant" or all(any(letter.isdigit() for letter in text) for text in texts)


def _by_value(kind: str, columns: Sequence[str], sample: Sample, found: dict[str, str], reasons: Reasons) -> None:
    """A time and a target that no name gave away, told by their values."""
    free = [column for column in columns if column not in found.values() and not column.startswith("_")]
    clock = next((c.name for c in TAKEN[kind] if c.kind == "instant" and c.required), None)
    if kind in ("claims", "evidence") and clock and clock not in found:
        column = next((c for c in free if _all(_texts(sample, c), is_instant)), None)
        if column:
            found[clock], reasons[clock] = column, f"every value of `{column}` that was looked at is a date and time"
    if kind in ("claims", "evidence") and "target" not in found:
        column = next((c for c in free if _are_targets(_texts(sample, c))), None)
        if column:
            found["target"], reasons["target"] = column, f"the values of `{column}` look like system/type/id"


def _meanings(found: dict[str, str], sample: Sample, reasons: Reasons) -> dict[str, dict[str, str]]:
    """What the values of closed fields mean, where they are words that vendors use."""
    values: dict[str, dict[str, str]] = {}
    for name in _LISTED.keys() & found.keys():
        words = {word: meant for meant, words in MEANINGS[name].items() for word in words.split()}
        seen = dict.fromkeys(_texts(sample, found[name]))
        listed = {text: words[_word(text)] for text in seen if text not in _LISTED[name] and _word(text) in words}
        if listed:
            values[name] = listed
            shown = ", ".join(f"{text} = {meant}" for text, meant in list(listed.items())[:4])
            reasons[name] += f"; read {shown}"
    if "currency" in found:
        small = dict.fromkeys(text for text in _texts(sample, found["currency"]) if _CURRENCY.fullmatch(text))
        if small:
            values["currency"] = {text: text.upper() for text in small}
            reasons["currency"] += f"; read {', '.join(f'{text} = {text.upper()}' for text in list(small)[:4])}"
    return values


def _pair(kind: str, columns: Sequence[str], found: dict[str, str], reasons: Reasons) -> tuple[str, str] | None:
    """The columns of a change history that name a field and hold its new value."""
    if kind != "evidence" or "effect" in found:
        return None
    by_plain = {plain(column): column for column in columns}
    for name, value, whose in PAIRS:
        if plain(name) in by_plain and plain(value) in by_plain:
            pair = by_plain[plain(name)], by_plain[plain(value)]
            reasons["effect"] = f"`{pair[0]}` and `{pair[1]}` name a changed field and its new value in {whose}"
            return pair
    return None


def _constants(kind: str, found: dict[str, str], reasons: Reasons) -> dict[str, str]:
    if kind != "evidence" or "outcome" in found:
        return {}
    reasons["outcome"] = "no column says it: what the system recorded is taken as done"
    return {"outcome": "done"}


def _times(kind: str, found: dict[str, str], sample: Sample, reasons: Reasons) -> dict[str, Any]:
    """How times are written, told by the first field that is one."""
    clock = next((c.name for c in TAKEN[kind] if c.kind == "instant" and c.name in found), None)
    texts = _texts(sample, found[clock]) if clock else []
    if not texts:
        return {}
    if unit := unit_of(texts):
        reasons["epoch"] = f"the times are numbers of the size of {unit} since 1970, such as {texts[0]}"
        return {"epoch": unit}
    if not _all(texts, is_instant):
        return _pattern(texts, reasons)
    if not all(_has_zone(text) for text in texts):
        reasons["time_zone"] = f"times such as {texts[0]} do not say their zone: choose it"
    return {}


def _grain(kind: str, found: dict[str, str], sample: Sample, reasons: Reasons) -> dict[str, Any]:
    """How long a bucket is, where no column says when it ends."""
    if kind != "counts" or "period_end" in found or "period_start" not in found:
        return {}
    texts = _texts(sample, found["period_start"])
    grain = grain_of(found["period_start"], texts)
    if grain is None:
        return {}
    reasons["grain"] = f"no column says when a bucket ends; each that was looked at, such as {texts[0]}, is a {grain}"
    return {"grain": grain}


def _pattern(texts: list[str], reasons: Reasons) -> dict[str, Any]:
    forms = patterns_of(texts)
    if not forms:
        reasons["date_pattern"] = f"times such as {texts[0][:40]} are written in no way that is known: give the pattern"
        return {}
    also = f"; {forms[1]} would fit too" if len(forms) > 1 else ""
    reasons["date_pattern"] = f"every time that was looked at, such as {texts[0]}, follows {forms[0]}{also}"
    if "%z" not in forms[0]:
        reasons["time_zone"] = f"times such as {texts[0]} do not say their zone: choose it"
    return {"date_pattern": forms[0]}


def _has_zone(text: str) -> bool:
    try:
        instant(text, None)
    except ValueError:
        return False
    return True


def _are_targets(texts: list[str]) -> bool:
    """Whether texts look like system/type/id, of a few systems only."""
    return _all(texts, _TARGET.fullmatch) and len({text.split("/")[0] for text in texts}) <= _SYSTEMS


def _all(texts: list[str], test: Callable[[str], object]) -> bool:
    return bool(texts) and all(map(test, texts))


def _texts(sample: Sample, column: str) -> list[str]:
    return [text for row in sample if (text := (row.get(column) or "").strip())]


def _word(text: str) -> str:
    return "_".join(text.casefold().replace("-", " ").split())
