"""The checks of a screen in plain sentences, each with what is at stake, how it was computed, and its lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import formats

from audit.kernel.ruleset import span
from audit.models import Screen
from audit.queries.checks import Check, Facts, Word
from audit.templatetags import words
from audit.vault.screen import BAND_LINES, SERIES_LINES

Inputs = list[tuple[str, str]]


def shown(check: Check, screen: Screen, tenant: str) -> dict[str, Any]:
    """A check as its template shows it."""
    sentence, inputs = _SENTENCES[check.name](check, check.facts)
    inputs += _settings(check.name, screen.outcome["basis"])
    if not screen.outcome["totals"]["lines"]:
        sentence = "The batch has no line that claims anything."
    address = reverse("batch-lines", args=[tenant, screen.batch_id])
    href = f"{address}?finding={check.finding}" if check.finding and check.lines else address
    basis = screen.outcome["basis"]
    return {
        "name": check.name,
        "title": check.title,
        "word": check.word,
        "sentence": sentence,
        "stake": _stake(check),
        "href": href,
        "link": f"Show {_lines(check.lines)}" if check.finding and check.lines else "Show all lines",
        "how": {"formula": check.formula, "inputs": inputs, "rule": f"By {basis['rules']}; no verdict."},
    }


def _stake(check: Check) -> list[str]:
    """What it would come to, if there is nothing to be said for it."""
    if check.word != Word.LOOK:
        return []
    found = [_count(check.units, "unit")] if check.units else []
    return found + [words.money(micros, currency) for currency, micros in check.money.items()]


def _count(count: int, noun: str, plural: str = "") -> str:
    return f"{words.units(count)} {noun if abs(count) == 1 else plural or f'{noun}s'}"


def _settings(name: str, basis: dict[str, Any]) -> Inputs:
    """What the rules and the source say on it."""
    return {
        "repeats": [("Burst window", span(basis["burst_window_seconds"]))],
        "environments": [("Production is", ", ".join(basis["production_environments"]) or "nothing")],
        "dates": [("Days by the clock of", basis["time_zone"])],
        "period": [("Days by the clock of", basis["time_zone"])],
    }.get(name, [])


def _lines(count: int, one: str = "", many: str = "") -> str:
    """So many lines; with what they do, in the singular and in the plural."""
    verb = one if count == 1 else many
    return f"{_count(count, 'line')} {verb}".rstrip()


def _day(text: str | None) -> str:
    return formats.date_format(date.fromisoformat(text), words.PATTERNS["day"]) if text else words.NONE


def _stated_total(check: Check, facts: Facts) -> tuple[str, Inputs]:
    units, currency = facts["stated_units"], facts["currency"]
    inputs = [
        ("Units of the lines", words.units(facts["units"])),
        ("Units stated", words.units(units)),
        (f"Charged {currency}".strip(), words.money(facts["charge_micros"], currency)),
        ("Charge stated", words.money(facts["stated_charge_micros"], currency)),
        ("Lines without a charge", words.units(facts["uncharged"])),
    ]
    if units is None and facts["stated_charge_micros"] is None:
        return "Nobody has said yet what the vendor stated as its total. Enter it below.", inputs
    parts = []
    if units is not None:
        parts.append(_against(facts["over_units"], f"{words.units(facts['units'])} units", words.units(units)))
    if facts["stated_charge_micros"] is not None:
        stated = words.money(facts["stated_charge_micros"], currency)
        if facts["over_micros"] is None:
            parts.append(f"no line says a charge in {currency}, so {stated} cannot be held against anything")
        else:
            charged = words.money(facts["charge_micros"], currency)
            parts.append(_against(facts["over_micros"], charged, stated))
    return f"The lines come to {'; '.join(parts)}.", inputs


def _against(over: int, mine: str, stated: str) -> str:
    return f"{mine}, as stated" if not over else f"{mine}, {'more' if over > 0 else 'less'} than the {stated} stated"


def _duplicate_ids(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("Again in this batch", _lines(facts["again"])),
        ("Known, with other content", _lines(facts["conflicting"])),
        ("Known word for word, dropped", _count(facts["dropped"], "row")),
        ("Restatements, nothing at stake", _lines(facts["restated"])),
    ]
    doubled = facts["again"] + facts["conflicting"]
    if check.word == Word.FINE:
        restated = f" {_lines(facts['restated'], 'restates', 'restate')} an id." if facts["restated"] else ""
        return f"No claim id comes twice, here or in an earlier batch.{restated}", inputs
    dropped = f", and {_count(facts['dropped'], 'row')} came again word for word and were dropped"
    ids = _lines(doubled, "claims", "claim")
    return f"{ids} an id that was claimed before{dropped if facts['dropped'] else ''}.", inputs


def _repeats(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("Bursts", words.units(facts["parts"])),
        ("Lines in them", words.units(check.lines)),
        ("Beyond the first of each", words.units(facts["at_stake"])),
        ("Lines without a target, left out", words.units(facts["untargeted"])),
    ]
    if check.word == Word.CANNOT_SAY:
        return "No line says what it was done to, so nobody can see the same work done twice.", inputs
    if check.word == Word.FINE:
        return "No agent does the same to the same record again within the burst window.", inputs
    bursts = _count(facts["parts"], "burst")
    largest = words.units(facts["largest"])
    return f"{bursts} of the same work on the same record; the largest has {largest} lines.", inputs


def _environments(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [(row["environment"], _lines(row["lines"])) for row in facts["environments"]]
    if check.word == Word.CANNOT_SAY:
        return "No column of the file says where the work was done; the source answers for every line.", inputs
    if check.word == Word.FINE:
        return "No line says that it was done outside production.", inputs
    return f"{_lines(check.lines, 'was', 'were')} done outside production.", inputs


def _growth(check: Check, facts: Facts) -> tuple[str, Inputs]:
    if facts["against"] is None:
        return "No earlier batch of this vendor has been looked through, so there is nothing to grow from.", []
    inputs = [
        ("Units here", words.units(facts["units"])),
        ("Days here", words.units(facts["days"])),
        (f"Units in {facts['against']}", words.units(facts["units_then"])),
        ("Days there", words.units(facts["days_then"])),
    ]
    now, then = facts["units"] // facts["days"], facts["units_then"] // facts["days_then"]
    sentence = f"{_count(now, 'unit')} a day, after {words.units(then)} a day in {facts['against']}"
    return f"{sentence} (cut off to whole units).", inputs


def _tokens(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("Lines with tokens", words.units(facts["tokened"])),
        ("Agents' actions with a band", words.units(facts["bands"])),
        ("Lines held against one", words.units(facts["banded"])),
    ]
    if check.word == Word.CANNOT_SAY:
        return f"No agent's action has {BAND_LINES} lines that say their tokens.", inputs
    if check.word == Word.FINE:
        return (
            f"The tokens per unit of all {_lines(facts['banded'])} lie within the band of their agent's action.",
            inputs,
        )
    return (
        f"{_lines(check.lines, 'takes', 'take')} far more, or far fewer, tokens per unit than others like it.",
        inputs,
    )


def _running_totals(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [("Series looked at", words.units(facts["series"])), ("Only growing", words.units(facts["parts"]))]
    if check.word == Word.CANNOT_SAY:
        return f"No agent has {SERIES_LINES} lines of one action and session, too few to see a running total.", inputs
    if check.word == Word.FINE:
        return f"None of {_count(facts['series'], 'series', 'series')} only ever grows.", inputs
    return (
        f"{_count(facts['parts'], 'series only grows', 'series only grow')}: the lines may be running totals, "
        "of which the last alone would count.",
        inputs,
    )


def _dates(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("Highest day of a month", words.units(facts["highest_day"])),
        ("Months, as read", words.units(facts["months"])),
        ("Months, exchanged", words.units(facts["exchanged_months"])),
        ("First day", _day(facts["first_on"])),
        ("Last day", _day(facts["last_on"])),
    ]
    if check.word == Word.LOOK:
        return (
            f"No date lies beyond the twelfth; read the other way round, {_count(facts['months'], 'month')} "
            f"would be {_count(facts['exchanged_months'], 'month')}.",
            inputs,
        )
    if check.word == Word.CANNOT_SAY:
        return "The few dates there are fit as well with day and month exchanged.", inputs
    return "The dates make no more sense with day and month exchanged.", inputs


def _period(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("First day stated", _day(facts["stated_first_on"])),
        ("Last day stated", _day(facts["stated_last_on"])),
        ("First UTC day of the lines", _day(facts["first_on"])),
        ("Last UTC day of the lines", _day(facts["last_on"])),
        ("Outside the stated days", _lines(facts["outside"])),
        ("Later than the file arrived", _lines(facts["late"])),
    ]
    if check.word == Word.FINE:
        return "Every line lies within the days that the vendor stated.", inputs
    if check.word == Word.CANNOT_SAY:
        return "Nobody has said yet which days this batch should be about. Enter them below.", inputs
    parts = [f"{_lines(facts['outside'], 'lies', 'lie')} outside the stated days"] if facts["outside"] else []
    parts += [f"{_lines(facts['late'], 'speaks', 'speak')} of a time after the file arrived"] if facts["late"] else []
    return f"{' and '.join(parts)}.", inputs


def _many_units(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("Lines of several units", words.units(check.lines)),
        ("Units beyond the first", words.units(check.units)),
    ]
    if check.word == Word.FINE:
        return "Every line claims one unit.", inputs
    return f"{_lines(check.lines, 'claims', 'claim')} more than one unit; evidence must show as many.", inputs


def _charges(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("Less than nothing", _lines(facts["less"])),
        ("Nothing, though completed", _lines(facts["nothing"])),
        ("No charge at all", _lines(facts["uncharged"])),
    ]
    if check.word == Word.CANNOT_SAY:
        return "No line says what it costs.", inputs
    if check.word == Word.FINE:
        return "Every charge is above nothing, or the work was not completed.", inputs
    parts = [f"{_lines(facts['less'], 'charges', 'charge')} less than nothing"] if facts["less"] else []
    parts += [f"{_lines(facts['nothing'], 'charges', 'charge')} nothing though completed"] if facts["nothing"] else []
    return f"{' and '.join(parts)}.", inputs


def _rates(check: Check, facts: Facts) -> tuple[str, Inputs]:
    inputs = [
        ("Lines with a price", words.units(facts["priced"])),
        ("Above it", _lines(facts["above"])),
        ("Below it", _lines(facts["below"])),
    ]
    if check.word == Word.CANNOT_SAY:
        return "No agreed price holds for any of these lines: enter the rate card to have them compared.", inputs
    if check.word == Word.FINE:
        return f"All {_lines(facts['priced'])} with a price charge what the rate card says.", inputs
    return f"{_lines(facts['above'], 'charges', 'charge')} more than agreed, {_lines(facts['below'])} less.", inputs


_SENTENCES: dict[str, Callable[[Check, Facts], tuple[str, Inputs]]] = {
    "stated_total": _stated_total,
    "duplicate_ids": _duplicate_ids,
    "repeats": _repeats,
    "environments": _environments,
    "growth": _growth,
    "tokens": _tokens,
    "running_totals": _running_totals,
    "dates": _dates,
    "period": _period,
    "many_units": _many_units,
    "charges": _charges,
    "rates": _rates,
}
