"""Guesses: which column may be which canonical field, and how to read it, each with the reason in words.

A guess is an offer. It is shown with its reason before anything is taken, and a person changes what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from audit.intake import contents
from audit.intake.buckets import grain_of
from audit.intake.contents import but, is_time, misfits
from audit.intake.mapping import CHARGE, EPOCHS, Mapping
from audit.intake.names import COMMON, NAMES, PAIRS, Known, plain
from audit.intake.times import PATTERNS, follows, is_instant, unit_of
from audit.kernel.inputs.instants import instant
from audit.kernel.terms import CHARGED, OUTCOMES, STATUSES, TAKEN

Sample = Sequence[dict[str, str]]
Reasons = dict[str, str]
_LISTED: Final = {"status": STATUSES, "outcome": OUTCOMES, "environment": ("production", "sandbox")}
_MOST: Final = 200
_CURRENCY: Final = re.compile(r"(?![A-Z]{3})[A-Za-z]{3}")


def guess(kind: str, columns: Sequence[str], sample_rows: Sample) -> tuple[Mapping, Reasons]:
    """A mapping for files with these columns, and for each field (and `time_zone` and so on) why.

    Looks for the canonical names first, then for names that vendors use, last at the values. A name that says little
    must have values that say the same. What it cannot tell it leaves out. A few values that do not fit stop no guess:
    its reason counts them.
    """
    sample = sample_rows[:_MOST]
    found, reasons = _by_name(kind, columns, sample)
    _by_value(kind, columns, sample, found, reasons)
    values = _meanings(found, sample, reasons)
    pair = _pair(kind, columns, found, reasons)
    constants = _constants(kind, found, reasons)
    read = _times(kind, found, sample, reasons) | _grain(kind, found, sample, reasons)
    line = _line(kind, found, columns, sample, reasons)
    return Mapping(columns=found, constants=constants, values=values, effect_pair=pair, line=line, **read), reasons


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
            known = NAMES[kind].get(name, ())
            _known(known, name, kinds.get(name, "text"), by_plain, sample, found, reasons)
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
        if column is None or column in found.values():
            continue
        texts = _texts(sample, column)
        if column.strip().casefold() not in COMMON:
            if contents.may_be(kind, texts):
                found[name], reasons[name] = column, f"`{column}` is its name in {whose}"
                return
        elif said := contents.speaks(name, column, texts):
            found[name], reasons[name] = column, f"`{column}` may be its name, and {said}"
            return


def _by_value(kind: str, columns: Sequence[str], sample: Sample, found: dict[str, str], reasons: Reasons) -> None:
    """A time and a target that no name gave away, told by their values."""
    free = [column for column in columns if column not in found.values() and not column.startswith("_")]
    clock = next((c.name for c in TAKEN[kind] if c.kind == "instant" and c.required), None)
    if kind not in ("claims", "evidence"):
        return
    if clock and clock not in found:
        for test, words in ((is_instant, "a date and time"), (is_time, "a date or a time")):
            for column in free if clock not in found else ():
                texts = _texts(sample, column)
                if (wrong := misfits(texts, test)) is not None:
                    each = "every value" if not wrong else "nearly every value"
                    said = f"{each} of `{column}` that was looked at is {words}"
                    found[clock], reasons[clock] = column, said + but(texts, wrong)
                    break
    if "target" not in found:
        for column in free:
            texts = _texts(sample, column)
            if (wrong := contents.are_targets(texts)) is not None:
                found["target"] = column
                reasons["target"] = f"the values of `{column}` look like system/type/id{but(texts, wrong)}"
                break


def _meanings(found: dict[str, str], sample: Sample, reasons: Reasons) -> dict[str, dict[str, str]]:
    """What the values of closed fields mean, where they are words that vendors use."""
    values: dict[str, dict[str, str]] = {}
    for name in _LISTED.keys() & found.keys():
        words = contents.known_words(name)
        seen = dict.fromkeys(_texts(sample, found[name]))
        known = {text: words[contents.word(text)] for text in seen if contents.word(text) in words}
        listed = {text: meant for text, meant in known.items() if text not in _LISTED[name]}
        if listed:
            values[name] = listed
            shown = ", ".join(f"{text} = {meant}" for text, meant in list(listed.items())[:4])
            reasons[name] += f"; read {shown}"
        strange = [text for text in seen if text not in known and text not in _LISTED[name]]
        if strange and name != "environment":
            reasons[name] += f"; nothing says what {', '.join(strange[:4])} means: translate it"
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


def _line(kind: str, found: dict[str, str], columns: Sequence[str], sample: Sample, reasons: Reasons) -> str | None:
    """What one line of claims seems to be: answered only where a column counts units, for the rest is a person's."""
    if kind != "claims":
        return None
    if "units" in found:
        reasons["line"] = f"`{found['units']}` seems to say how many units a line stands for"
        return "units"
    starts = {"periodstart", *(plain(name) for name, _ in NAMES["counts"]["period_start"])}
    bucket = next((column for column in columns if plain(column) in starts), None)
    ids = _texts(sample, found["claim_id"]) if "claim_id" in found else []
    if not ids and bucket:
        reasons["line"] = f"no column holds an id of each line and `{bucket}` seems to name a period: maybe totals"
    elif ids and len(set(ids)) == len(ids):
        reasons["line"] = "each line has an id of its own and no column counts units: maybe one unit a line"
    return None


def _times(kind: str, found: dict[str, str], sample: Sample, reasons: Reasons) -> dict[str, Any]:
    """How times are written, told by the first field that is one."""
    clock = next((c.name for c in TAKEN[kind] if c.kind == "instant" and c.name in found), None)
    texts = _texts(sample, found[clock]) if clock else []
    if not texts:
        return {}
    for unit in EPOCHS:
        if (wrong := _not_in(texts, unit)) is not None:
            shown = next(text for text in texts if text not in wrong)
            said = f"the times are numbers of the size of {unit} since 1970, such as {shown}"
            reasons["epoch"] = said + but(texts, wrong)
            return {"epoch": unit}
    wrong = misfits(texts, is_instant)
    if wrong is None:
        return _pattern(texts, reasons)
    if but(texts, wrong) not in reasons[str(clock)]:
        reasons[str(clock)] += but(texts, wrong)
    naive = next((text for text in texts if text not in wrong and not _has_zone(text)), None)
    if naive:
        reasons["time_zone"] = f"times such as {naive} do not say their zone: choose it"
    return {}


def _grain(kind: str, found: dict[str, str], sample: Sample, reasons: Reasons) -> dict[str, Any]:
    """How long a bucket is, where no column says when it ends."""
    if kind != "counts" or "period_end" in found or "period_start" not in found:
        return {}
    texts = _texts(sample, found["period_start"])
    wrong = misfits(texts, is_time) or []
    texts = [text for text in texts if text not in wrong]
    grain = grain_of(found["period_start"], texts)
    if grain is None:
        return {}
    reasons["grain"] = f"no column says when a bucket ends; each that was looked at, such as {texts[0]}, is a {grain}"
    return {"grain": grain}


def _pattern(texts: list[str], reasons: Reasons) -> dict[str, Any]:
    tried = {form: _not_of(texts, form) for form in PATTERNS}
    fitting = {form: wrong for form, wrong in tried.items() if wrong is not None}
    if not fitting:
        reasons["date_pattern"] = f"times such as {texts[0][:40]} are written in no way that is known: give the pattern"
        return {}
    best = min(map(len, fitting.values()))
    first, *others = [form for form, wrong in fitting.items() if len(wrong) == best]
    wrong = fitting[first]
    shown = next(text for text in texts if text not in wrong)
    also = f"; {others[0]} would fit too" if others else ""
    every = "every time" if not wrong else "nearly every time"
    reasons["date_pattern"] = f"{every} that was looked at, such as {shown}, follows {first}{also}{but(texts, wrong)}"
    if "%z" not in first:
        reasons["time_zone"] = f"times such as {shown} do not say their zone: choose it"
    return {"date_pattern": first}


def _not_in(texts: list[str], unit: str) -> list[str] | None:
    return misfits(texts, lambda text: unit_of([text]) == unit)


def _not_of(texts: list[str], form: str) -> list[str] | None:
    return misfits(texts, lambda text: follows(text, form))


def _has_zone(text: str) -> bool:
    try:
        instant(text, None)
    except ValueError:
        return False
    return True


def _texts(sample: Sample, column: str) -> list[str]:
    return [text for row in sample if (text := (row.get(column) or "").strip())]
