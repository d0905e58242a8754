"""What the values of a column look like, as far as a guess may rest on it; a few that do not fit are allowed, and told.

A name that anybody gives a column (id, date, name, type) says too little: such a one is taken only where its values
speak for the field too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from audit.intake.names import MEANINGS
from audit.intake.times import PATTERNS, follows, is_instant, unit_of

Texts = Sequence[str]

_REPEATING: Final = 20
"""From how many values on it is told whether they repeat."""
_WHOLE: Final = re.compile(r"-?[0-9]+(\.0*)?")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_TARGET: Final = re.compile(r"[A-Za-z][\w.-]*(/[\w.-]+)+/\S+")
_AGENT: Final = re.compile(r"(?<![a-z])(ai|bot|agent|assistant|copilot|gpt)(?![a-z])|(bot|agent)s?(?![a-z])", re.I)
_WORK: Final = re.compile(
    r"[a-z]_[a-z]|(updat|creat|clos|resol|send|sent|call|repl|answer|escalat|assign|refund|cancel|book|look|search|check|"
    r"summar|draft|rout|triag|merg|delet|add|set|get)",
    re.I,
)
_SYSTEMS: Final = 5


def misfits(texts: Texts, fits: Callable[[str], object]) -> list[str] | None:
    """The values that do not fit: at most one in ten, or one of four and more. None where more, or no values."""
    wrong = [text for text in texts if not fits(text)]
    return wrong if texts and len(wrong) <= max(len(texts) // 10, len(texts) >= 4) else None


def but(texts: Texts, wrong: Texts) -> str:
    """What to add to a reason for the values that do not fit."""
    if not wrong:
        return ""
    verb = "does" if len(wrong) == 1 else "do"
    return f"; {len(wrong)} of the {len(texts)} that were looked at {verb} not fit, such as {wrong[0][:40]}"


def may_be(kind: str, texts: Texts) -> bool:
    """Whether values may be of a kind of the law; only what is surely not is left out."""
    test = _KINDS.get(kind)
    return not texts or test is None or misfits(texts, test) is not None


def is_time(text: str) -> bool:
    """Whether a text is written as times are known to be."""
    return is_instant(text) or any(follows(text, form) for form in PATTERNS)


def are_targets(texts: Texts) -> list[str] | None:
    """The misfits where texts look like system/type/id, of a few systems only."""
    wrong = misfits(texts, _TARGET.fullmatch)
    systems = {text.split("/")[0] for text in texts if _TARGET.fullmatch(text)}
    return wrong if len(systems) <= _SYSTEMS else None


def speaks(field: str, column: str, texts: Texts) -> str:
    """In words, why the values of a column with a common name may be this field; empty where they do not say so."""
    if field == "action" and column.strip().casefold() == "name" and misfits(texts, _WORK.search) is None:
        return ""  # people and places have names too
    test = _SPOKEN.get(field)
    if test is None:
        return "its values are texts" if any(map(_LETTERS.search, texts)) else ""
    return test(texts)


def word(text: str) -> str:
    """A value as the lists of known words write it."""
    return "_".join(text.casefold().replace("-", " ").split())


def known_words(field: str) -> dict[str, str]:
    """The words that vendors use for the values of a closed field: word → canonical value."""
    return {said: meant for meant, words in MEANINGS[field].items() for said in words.split()}


def _told(words: str, texts: Texts, wrong: list[str] | None) -> str:
    return "" if wrong is None else words + but(texts, wrong)


def _ids(texts: Texts) -> str:
    again = len(texts) - len(set(texts))
    if not texts or again > max(len(texts) // 10, len(texts) >= 4):
        return ""
    said = "each of its values occurs once"
    return said if not again else f"{said}, but {again} of the {len(texts)} that were looked at"


def _times(texts: Texts) -> str:
    if texts and unit_of(texts):
        return "its values are numbers of the size of times"
    return _told("its values are dates or times", texts, misfits(texts, is_time))


def _agents(texts: Texts) -> str:
    few = _few(texts)
    return "its values are few, and name bots or agents" if few and misfits(texts, _AGENT.search) is not None else ""


def _actions(texts: Texts) -> str:
    words = _few(texts) and all(_LETTERS.search(text) and not is_time(text) for text in set(texts))
    return "its values are words, and few" if words else ""


def _few(texts: Texts) -> bool:
    return bool(texts) and (len(texts) < _REPEATING or len(set(texts)) * 2 <= len(texts))


def _wholes(texts: Texts) -> str:
    return _told("its values are whole numbers", texts, misfits(texts, _WHOLE.fullmatch))


def _amounts(texts: Texts) -> str:
    return _told("its values are plain decimals", texts, misfits(texts, _DECIMAL.fullmatch))


def _listed(field: str) -> Callable[[Texts], str]:
    def test(texts: Texts) -> str:
        known = known_words(field)
        return _told("its values are words that are known", texts, misfits(texts, lambda text: word(text) in known))

    return test


_KINDS: Final[dict[str, Callable[[str], object]]] = {
    "whole": _WHOLE.fullmatch,
    "integer": lambda text: text.removeprefix("-").isdigit(),
    "boolean": lambda text: text.lower() in ("true", "false", "0", "1"),
    "instant": lambda text: any(letter.isdigit() for letter in text),
}
_SPOKEN: Final[dict[str, Callable[[Texts], str]]] = {
    "claim_id": _ids,
    "event_id": _ids,
    "agent_id": _agents,
    "action": _actions,
    "occurred_at": _times,
    "period_start": _times,
    "period_end": _times,
    "starts_at": _times,
    "ends_at": _times,
    "status": _listed("status"),
    "outcome": _listed("outcome"),
    "units": _wholes,
    "charge": _amounts,
}
