"""The checks of a screen: each with its word, what is at stake, and the numbers that it rests on. None is a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from audit.models import Screen
from audit.vault.screen import BAND, BAND_LINES, SERIES_LINES, SERIES_RISES

GROWTH = (3, 2)  # more than three halves of the earlier batch's units a day is worth a look
Facts = dict[str, Any]


class Word(StrEnum):
    """What a check says. It never says that something is wrong: that takes evidence."""

    FINE = "fine"
    LOOK = "look"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. units and money (micros by currency) are at stake; lines: how many the finding speaks of.

    finding: under which name its lines are listed; empty where it speaks of all lines.
    """

    name: str
    word: Word
    finding: str = ""
    lines: int = 0
    units: int = 0
    money: Mapping[str, int] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What is checked."""
        return TITLES[self.name]

    @property
    def formula(self) -> str:
        """How it is computed, in a sentence."""
        return FORMULAS[self.name]


TITLES = {
    "stated_total": "The stated total",
    "duplicate_ids": "Duplicate claim ids",
    "repeats": "Loops",
    "environments": "Sandbox rows",
    "growth": "Growth",
    "tokens": "Tokens per unit",
    "running_totals": "Running totals",
    "dates": "Day taken for month",
    "period": "Dates outside the period",
    "many_units": "Several units on a line",
    "charges": "Charges of nothing or less",
    "rates": "The rate card",
}
FORMULAS = {
    "stated_total": "units and charges of the lines − units and charges that the vendor stated",
    "duplicate_ids": "rows whose claim id and revision stand before them in this batch, or in an earlier one with "
    "other content; rows that came again word for word were dropped when the file was read",
    "repeats": "lines of one agent, action, target and effect (without an effect: of one session too), each within "
    "the burst window of the one before; at stake is every line of a burst but its first",
    "environments": "lines whose environment is none of the production environments of the rules",
    "growth": "units ÷ days from the first to the last UTC day; a look where they are more than three halves of the "
    "earlier batch's; at stake is what lies over the earlier batch's units and charges a day, cut off",
    "tokens": "tokens ÷ units of a line, against the median of its agent's action, cut off to whole tokens; a look at "
    f"more than {BAND} times the median, or less than a tenth of it; only where {BAND_LINES} lines or more say their "
    "tokens and the median is above nothing",
    "running_totals": f"series of {SERIES_LINES} lines or more of one agent, action and session, in the order of time, "
    f"whose units (or charges) never fall and rise {SERIES_RISES} times or more; at stake is every line of such a "
    "series but its last",
    "dates": "a look where no line lies beyond the twelfth of a month, and the lines would lie in fewer months with "
    "day and month exchanged; at stake are the lines whose date would then be another",
    "period": "lines from outside the days that the vendor stated, or later than the arrival of the file itself",
    "many_units": "lines with more than one unit; at stake are their units beyond the first",
    "charges": "lines that charge less than nothing, or nothing though they say that they completed",
    "rates": "charge − price × units, by the latest price of the line's action and currency on its UTC day, or else "
    "of every action; at stake is the sum of the differences",
}


def checks(screen: Screen, earlier: Screen | None) -> list[Check]:
    """Every check of a finished screen. earlier: of the batch that growth is measured against."""
    found = [make(screen) for make in _MAKERS]
    found.insert(4, _growth(screen, earlier))
    if screen.outcome["totals"]["lines"]:
        return found
    return [Check(check.name, Word.CANNOT_SAY, check.finding, facts=check.facts) for check in found]


def _of(screen: Screen, name: str, able: bool = True, look: bool = False, **facts: Any) -> Check:
    """The check of a finding. able: whether the data let it be made; look: for more than its lines."""
    found = screen.outcome["found"][name]
    word = Word.LOOK if found["lines"] or look else Word.FINE if able else Word.CANNOT_SAY
    shown = {part: found[part] for part in ("at_stake", "parts", "largest")} | facts
    return Check(name, word, name, found["lines"], found["units"], found["money"], shown)


def _stated_total(screen: Screen) -> Check:
    totals, currency = screen.outcome["totals"], screen.stated_currency
    charged = totals["money"].get(currency)
    pairs = {"units": (totals["units"], screen.stated_units), "charge_micros": (charged, screen.stated_charge_micros)}
    asked = [pair for pair in pairs.values() if pair[1] is not None]
    over = {name: None if None in pair else pair[0] - pair[1] for name, pair in pairs.items()}
    if any(over.values()):
        word = Word.LOOK
    else:
        word = Word.FINE if asked and None not in [mine for mine, _ in asked] else Word.CANNOT_SAY
    facts = {
        **{"units": totals["units"], "stated_units": screen.stated_units, "charge_micros": charged},
        **{"stated_charge_micros": screen.stated_charge_micros, "currency": currency},
        **{"over_units": over["units"], "over_micros": over["charge_micros"]},
        "uncharged": totals["lines"] - totals["charged"],
    }
    money = {currency: over["charge_micros"]} if over["charge_micros"] else {}
    return Check("stated_total", word, "", totals["lines"], over["units"] or 0, money, facts)


def _duplicate_ids(screen: Screen) -> Check:
    """A restatement is the vendor's right, and no reason to look; a row that came again is one."""
    found, dropped = screen.outcome["found"]["duplicate_ids"], screen.batch.duplicate_count
    kinds = {name: found["kinds"].get(part, 0) for name, part in (("again", "1"), ("conflicting", "2"))}
    word = Word.LOOK if found["at_stake"] or dropped else Word.FINE
    facts = {**kinds, "restated": screen.outcome["restated"], "dropped": dropped}
    return Check("duplicate_ids", word, "duplicate_ids", found["lines"], found["units"], found["money"], facts)


def _repeats(screen: Screen) -> Check:
    totals = screen.outcome["totals"]
    return _of(screen, "repeats", bool(totals["targeted"]), untargeted=totals["lines"] - totals["targeted"])


def _environments(screen: Screen) -> Check:
    mapping = screen.batch.mapping
    told = not mapping or "environment" in mapping.get("columns", {})
    return _of(screen, "environments", told, environments=screen.outcome["environments"])


def _growth(screen: Screen, earlier: Screen | None) -> Check:
    now, then = screen.outcome["totals"], earlier.outcome["totals"] if earlier else {}
    if earlier is None or not now["lines"] or not then["lines"]:
        return Check("growth", Word.CANNOT_SAY, facts={"against": None})
    days, days_then = _days(now), _days(then)
    over = now["units"] - then["units"] * days // days_then
    money = {
        currency: micros - then["money"][currency] * days // days_then
        for currency, micros in now["money"].items()
        if currency in then["money"]
    }
    grows = now["units"] * days_then * GROWTH[1] > then["units"] * days * GROWTH[0]
    facts = {
        **{"against": str(earlier.batch), "units": now["units"], "days": days},
        **{"units_then": then["units"], "days_then": days_then},
    }
    at_stake = {currency: micros for currency, micros in money.items() if micros > 0}
    word = Word.LOOK if grows else Word.FINE
    return Check("growth", word, "", now["lines"], max(over, 0), at_stake, facts)


def _days(totals: Mapping[str, Any]) -> int:
    first, last = (date.fromisoformat(totals[name]) for name in ("first_on", "last_on"))
    return (last - first).days + 1


def _tokens(screen: Screen) -> Check:
    totals, bands = screen.outcome["totals"], screen.outcome["bands"]
    return _of(screen, "tokens", bool(bands), bands=bands, banded=screen.outcome["banded"], tokened=totals["tokened"])


def _running_totals(screen: Screen) -> Check:
    return _of(screen, "running_totals", bool(screen.outcome["series"]), series=screen.outcome["series"])


def _dates(screen: Screen) -> Check:
    calendar = screen.outcome["calendar"]
    is_plain = calendar["highest_day"] is not None and (calendar["highest_day"] > 12 or calendar["months"] == 1)
    is_plain = is_plain or calendar["months"] < calendar["exchanged_months"]
    return _of(screen, "dates", is_plain, **calendar)


def _period(screen: Screen) -> Check:
    kinds = screen.outcome["found"]["period"]["kinds"]
    first, last = screen.stated_first_on, screen.stated_last_on
    facts = {
        **{"outside": kinds.get("1", 0), "late": kinds.get("2", 0)},
        **{"stated_first_on": first and first.isoformat(), "stated_last_on": last and last.isoformat()},
        **{name: screen.outcome["totals"][name] for name in ("first_on", "last_on")},
    }
    return _of(screen, "period", bool(first or last), **facts)


def _many_units(screen: Screen) -> Check:
    return _of(screen, "many_units")


def _charges(screen: Screen) -> Check:
    totals, kinds = screen.outcome["totals"], screen.outcome["found"]["charges"]["kinds"]
    facts = {"nothing": kinds.get("1", 0), "less": kinds.get("2", 0), "uncharged": totals["lines"] - totals["charged"]}
    return _of(screen, "charges", bool(totals["charged"]), **facts)


def _rates(screen: Screen) -> Check:
    kinds, priced = screen.outcome["found"]["rates"]["kinds"], screen.outcome["priced"]
    facts = {"above": kinds.get("1", 0), "below": kinds.get("2", 0), "priced": priced}
    return _of(screen, "rates", bool(priced), **facts)


_MAKERS: tuple[Callable[[Screen], Check], ...] = (
    *(_stated_total, _duplicate_ids, _repeats, _environments, _tokens, _running_totals, _dates, _period),
    *(_many_units, _charges, _rates),
)
