"""The rule set: every threshold of the law, its default, what may stand in it, and how it reads in plain English.

Source: the law of verdicts, section 1, *rule*.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final

from audit.kernel.terms import STATUSES, Reason

SECONDS_MAX: Final = 10_000_000_000
"""Longer spans (over three centuries) are refused: they would leave the range of instants."""
_ONE: Final = "of the same work one counts"
GRADE_SETS: Final = (("A",), ("A", "B"), ("A", "B", "C"))


class BadRules(ValueError):
    """A rule set that cannot be used; `faults` holds one line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule set; null lists mean *all*. Lists are sets: sorted, each value once."""

    match_before_seconds: int = 60
    match_before_by_action: Mapping[str, int] = field(default_factory=dict)
    match_after_seconds: int = 300
    match_after_by_action: Mapping[str, int] = field(default_factory=dict)
    counted_actions: tuple[str, ...] | None = None
    production_environments: tuple[str, ...] = ("production",)
    completed_statuses: tuple[str, ...] = ("completed",)
    registered_agents: tuple[str, ...] | None = None
    independent_grades: tuple[str, ...] = ("A", "B", "C")
    failures_are_billed: bool = False
    compare_effects: bool = True
    ignore_fields: tuple[str, ...] = ()
    burst_window_seconds: int = 300
    burst_minimum: int = 2
    oscillation_voids: bool = True
    undo_window_seconds: int = 604_800
    undo_window_by_action: Mapping[str, int] = field(default_factory=dict)
    taint_from: tuple[str, ...] = ("failed", "wrong_value")

    def canonical(self) -> str:
        """The rule set as canonical JSON, every default filled in."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def parse(given: object) -> Rule:
    """A rule set from a parsed JSON object; absent names take their defaults. Raises BadRules with every fault."""
    if not isinstance(given, dict):
        raise BadRules(["rules: must be one JSON object with the names of rules"])
    faults = [_unknown(name) for name in given if name not in _READERS]
    values: dict[str, Any] = {}
    for name, read in _READERS.items():
        if name in given:
            try:
                values[name] = read(given[name])
            except ValueError as fault:
                faults.append(f"{name}: {fault}")
    if faults:
        raise BadRules(faults)
    return Rule(**values)


def _unknown(name: object) -> str:
    near = get_close_matches(str(name), _READERS, 1)
    return f"{name}: there is no such rule" + (f"; did you mean {near[0]}?" if near else "")


def _whole(least: int, most: int = SECONDS_MAX) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"must be a whole number, not {_shown(value)}")
        if not least <= value <= most:
            raise ValueError(f"must lie between {least} and {most}, not {value}")
        return value

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_shown(value)}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(_is_text(item) for item in value):
        raise ValueError(f"must be a list of texts, not {_shown(value)}")
    return tuple(sorted(set(value)))


def _texts_or_all(value: object) -> tuple[str, ...] | None:
    return None if value is None else _texts(value)


def _by_action(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or not all(_is_text(action) for action in value):
        raise ValueError(f"must be an object of action and seconds, not {_shown(value)}")
    read = _whole(0)
    seconds: dict[str, int] = {}
    for action in sorted(value):
        try:
            seconds[action] = read(value[action])
        except ValueError as fault:
            raise ValueError(f"{action} {fault}") from None
    return seconds


def _among(known: tuple[str, ...], noun: str) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        given = _texts(value)
        strange = [item for item in given if item not in known]
        if strange:
            raise ValueError(f"{', '.join(strange)} is no {noun}; there are {', '.join(known)}")
        return given

    return read


def _grades(value: object) -> tuple[str, ...]:
    given = tuple(value) if isinstance(value, list | tuple) else None
    if given not in GRADE_SETS:
        raise ValueError(f'must be ["A"], ["A", "B"] or ["A", "B", "C"], not {_shown(value)}')
    return given


def _spoiling(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and Reason.SUPPORTED in value:
        raise ValueError("supported cannot spoil what was built on it")
    return _among(tuple(Reason), "reason")(value)


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or not value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: object) -> str:
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        text = type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."


_READERS: Final[dict[str, Callable[[object], Any]]] = {
    "match_before_seconds": _whole(0),
    "match_before_by_action": _by_action,
    "match_after_seconds": _whole(0),
    "match_after_by_action": _by_action,
    "counted_actions": _texts_or_all,
    "production_environments": _texts,
    "completed_statuses": _among(STATUSES, "status"),
    "registered_agents": _texts_or_all,
    "independent_grades": _grades,
    "failures_are_billed": _flag,
    "compare_effects": _flag,
    "ignore_fields": _texts,
    "burst_window_seconds": _whole(0),
    "burst_minimum": _whole(1),
    "oscillation_voids": _flag,
    "undo_window_seconds": _whole(0),
    "undo_window_by_action": _by_action,
    "taint_from": _spoiling,
}
NAMES: Final = tuple(item.name for item in fields(Rule))


def sentences(rule: Rule) -> list[str]:
    """The rule set in plain English, one sentence for each thing that it settles."""
    lines = [
        _window(rule),
        f"Counted as a unit: {_all(rule.counted_actions, 'every action')}.",
        f"{_production(rule)} {_completed(rule)}",
        f"Registered agents: {_all(rule.registered_agents, 'every agent')}.",
        f"Independent witnesses are of grade {either(rule.independent_grades)}.",
        "A line that did not complete and has no charge is "
        + ("taken as charged." if rule.failures_are_billed else "not claimed."),
        "Effects are compared" + (f", but for {_all(rule.ignore_fields, '')}." if rule.ignore_fields else ".")
        if rule.compare_effects
        else "Effects that differ are treated as silent.",
        _burst(rule),
        "A burst that goes back and forth counts for nothing."
        if rule.oscillation_voids
        else "A burst that goes back and forth is judged claim by claim.",
        f"Work must survive {survival(rule.undo_window_seconds)}{_except(rule.undo_window_by_action)}.",
    ]
    if rule.taint_from:
        lines.append(f"Work built on a step that is {_all(rule.taint_from, '', ' or ')} is tainted.")
    else:
        lines.append("No step spoils the work that was built on it.")
    return lines


def _window(rule: Rule) -> str:
    spans = (rule.match_before_seconds, rule.match_after_seconds)
    if not any(spans) and not rule.match_before_by_action and not rule.match_after_by_action:
        return "Evidence must be of the very instant of the claim."
    return (
        f"Evidence may come {span(spans[0])} before the claim{_except(rule.match_before_by_action)} "
        f"and {span(spans[1])} after it{_except(rule.match_after_by_action)}, ends included."
    )


def _production(rule: Rule) -> str:
    given = rule.production_environments
    return f"Production is {either(given)}." if given else "No environment is production."


def _completed(rule: Rule) -> str:
    given = rule.completed_statuses
    return f"Completed means the status {either(given)}." if given else "No status means completed."


def _burst(rule: Rule) -> str:
    apart = f"at most {span(rule.burst_window_seconds)} apart" if rule.burst_window_seconds else "of one instant"
    first = f"from {rule.burst_minimum} of the same work on, one counts" if rule.burst_minimum > 1 else _ONE
    return f"Claims of one agent, action and target {apart} are one burst; {first}."


def survival(seconds: int) -> str:
    """How long work must survive, in words."""
    return span(seconds) if seconds else "the instant in which it was done"


def span(seconds: int) -> str:
    """A length of time in words: the largest unit that divides it."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def either(values: tuple[str, ...]) -> str:
    """One of several in words: "a", "a or b", "a, b or c"."""
    return " or ".join(filter(None, (", ".join(values[:-1]), *values[-1:])))


def gap(seconds: int) -> str:
    """The longest gap inside a burst, in words."""
    return f"at most {span(seconds)} from claim to claim" if seconds else "claims of one instant"


def _except(by_action: Mapping[str, int]) -> str:
    if not by_action:
        return ""
    return f" ({', '.join(f'{action}: {span(seconds)}' for action, seconds in by_action.items())})"


def _all(values: tuple[str, ...] | None, everything: str, joint: str = ", ") -> str:
    if values is None:
        return everything
    return joint.join(values) if values else "none"
