"""Rules that hold between the columns of a row, and between a row and what is said of the whole source."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.inputs import fields
from audit.kernel.inputs.fields import Found, Wrong, positions

SYSTEMS: Final = 10_000
"""The most systems that one taking may name; more are a sign of a wrong column."""


def charge(stated: Any, decimals: Any) -> Found:
    """`charge_micros` where it is given, else `charge` as millionths; where both are given and differ, neither."""
    made, wrong = fields.micros(decimals)
    differ = positions(pc.not_equal(stated, made))
    reason = "is not what charge_micros says: give one of the two"
    wrong += [Wrong(at, decimals[at].as_py(), reason) for at in differ]
    return pc.coalesce(stated, made), wrong


def constant(values: Any | None, said: str, count: int) -> Found:
    """A column that the source says the same of for every row; a row that says otherwise is wrong."""
    whole = pa.repeat(pa.scalar(said), count)
    if values is None:
        return whole, []
    texts, wrong = fields.texts(values)
    reason = f"is not what the source says of every row ({said[:60]!r}): take the row out or choose the right source"
    wrong += [Wrong(at, texts[at].as_py(), reason) for at in positions(pc.not_equal(texts, whole))]
    return whole, wrong


def disagreements(kind: str, made: dict[str, Any]) -> list[tuple[str, list[Wrong]]]:
    """What is wrong between the columns of a row, by the column to mend."""
    if kind == "claims":
        return [("tokens_cached", _cached(made)), ("currency", _currency(made))]
    if kind == "evidence":
        return [("vendor", _vendorless(made))]
    if kind == "counts":
        period = [("period_end", _backwards(made, "period_start", "period_end"))]
        return [*period, ("currency", _currency(made)), ("tokens", _sum(made)), ("units", _empty(made))]
    return [("ends_at", _backwards(made, "starts_at", "ends_at"))] if kind == "coverage" else []


def grades_of(made: dict[str, Any], good: npt.NDArray[np.bool_], grades: dict[str, str]) -> list[Wrong]:
    """Rows whose system has another grade; the first good row of a system sets it, in `grades`."""
    if not good.any():
        return []
    systems, levels = pc.dictionary_encode(made["system"]), pc.dictionary_encode(made["grade"])
    names, words = systems.dictionary.to_pylist(), levels.dictionary.to_pylist()
    at = np.flatnonzero(good)
    pairs = systems.indices.to_numpy(zero_copy_only=False)[at].astype(np.int64) * len(words)
    pairs += levels.indices.to_numpy(zero_copy_only=False)[at].astype(np.int64)
    found, firsts = np.unique(pairs, return_index=True)
    wrong: list[Wrong] = []
    for pair in found[np.argsort(firsts)]:
        system, grade = names[pair // len(words)], words[pair % len(words)]
        if grades.setdefault(system, grade) != grade:
            reason = f"is not the grade {grades[system]} that system {system[:60]!r} already has: it has one"
            wrong += [Wrong(int(row), grade, reason) for row in at[pairs == pair]]
    return wrong


def _cached(made: dict[str, Any]) -> list[Wrong]:
    mask = pc.greater(made["tokens_cached"], made["tokens_input"])
    reason = "is more than tokens_input, which includes it: correct one of them"
    return [Wrong(at, made["tokens_cached"][at].as_py(), reason) for at in positions(mask)]


def _currency(made: dict[str, Any]) -> list[Wrong]:
    values = made["currency"]
    if values.null_count == len(values):
        return []
    mask = pc.invert(pc.match_substring_regex(values, "^[A-Z]{3}$"))
    reason = "is no currency code: write three capital letters such as USD"
    return [Wrong(at, values[at].as_py(), reason) for at in positions(mask)]


def _vendorless(made: dict[str, Any]) -> list[Wrong]:
    mask = pc.and_(pc.equal(made["grade"], "D"), pc.is_null(made["vendor"]))
    reason = "is empty: evidence of grade D is the vendor's own and must name the vendor"
    return [Wrong(at, "", reason) for at in positions(mask)]


def _sum(made: dict[str, Any]) -> list[Wrong]:
    parts = pc.add(made["tokens_input"], made["tokens_output"])
    reason = "is not tokens_input and tokens_output together: correct one of them or map only the total"
    return [Wrong(at, made["tokens"][at].as_py(), reason) for at in positions(pc.not_equal(made["tokens"], parts))]


def _empty(made: dict[str, Any]) -> list[Wrong]:
    said = [made[name] for name in ("units", "tokens", "tokens_input", "tokens_output", "charge_micros")]
    reason = "is empty, and so are tokens and charge: a count states at least one of them"
    return [Wrong(at, "", reason) for at in positions(pc.is_null(pc.coalesce(*said)))]


def _backwards(made: dict[str, Any], start: str, end: str) -> list[Wrong]:
    mask = pc.less_equal(made[end], made[start])
    reason = f"is not after {start}: correct one of them"
    return [Wrong(at, made[end][at].as_py().isoformat(), reason) for at in positions(mask)]
