"""What the agreed prices give on a run, beside what the vendor charged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from audit.models import RateCard, Run
from audit.templatetags import words
from audit.vault.priced import MILLION
from audit.views.figures import computed, lines_of

COUNTED = {
    RateCard.Basis.UNIT: "units",
    RateCard.Basis.ACTION: "lines",
    RateCard.Basis.CONVERSATION: "conversations",
    RateCard.Basis.RESOLUTION: "resolutions",
    RateCard.Basis.TOKEN: "tokens",
}
MISSING = {
    RateCard.Basis.CONVERSATION: "does not name its conversation",
    RateCard.Basis.RESOLUTION: "does not say whether it completed",
    RateCard.Basis.TOKEN: "does not say its tokens",
}
CANNOT_SAY = "cannot say"


def rows(run: Run, tenant: str) -> list[dict[str, Any]]:
    """One row for each card that priced lines: what it gives, what is due by it, what was charged, how they differ."""
    cards = {card["id"]: card for card in run.inputs.get("rate_cards", [])}
    return [_row(run, tenant, cards[found["id"]], found) for found in run.prices.get("cards", [])]


def _row(run: Run, tenant: str, card: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    basis, known = card["basis"], found["lines"] - found["unknown_lines"]
    amount = {name: _amount(card, found[name]) for name in ("quantity", "due_at_least", "due_at_most")}
    said = {name: _said(card, micros, found, known) for name, micros in amount.items()}
    inputs = [
        ("Price", f"{words.money(card['price_micros'], card['currency'])} for one {RateCard.Basis(basis).label}"),
        (COUNTED[basis].capitalize(), words.units(found["quantity"])),
        ("Lines that it prices", words.units(found["lines"])),
        ("Lines that cannot be priced", words.units(found["unknown_lines"])),
        ("Lines without a charge", words.units(found["uncharged_lines"])),
        ("Lines charged in another currency", words.units(found["foreign_lines"])),
    ]
    formula = f"price × {COUNTED[basis]} of the lines that claim, whatever their verdict"
    if any(rest for _, rest in amount.values()):
        formula += "; cut off below a millionth"
    return {
        "card": card,
        "per": RateCard.Basis(basis).label,
        "price": words.money(card["price_micros"], card["currency"]),
        "lines": words.units(found["lines"]),
        "href": _lines(run, tenant, card, found),
        "by_card": said["quantity"],
        "due": _due(said, found),
        "how": computed(run, formula, inputs, _lines(run, tenant, card, found)),
        "charged": _charged(card, found),
        "notes": _notes(run, tenant, card, found),
        "difference": _difference(card, found, amount["quantity"][0]),
    }


def _amount(card: dict[str, Any], quantity: int) -> tuple[int, int]:
    """Micros for a quantity, and what was cut off."""
    whole, rest = divmod(quantity * int(card["price_micros"]), MILLION if card["basis"] == RateCard.Basis.TOKEN else 1)
    return whole, rest


def _said(card: dict[str, Any], micros: tuple[int, int], found: dict[str, Any], known: int) -> str:
    if not known:
        return CANNOT_SAY
    text = words.money(micros[0], card["currency"])
    return f"at least {text}" if found["unknown_lines"] else text


def _due(said: dict[str, str], found: dict[str, Any]) -> str:
    if found["due_at_least"] == found["due_at_most"] or found["unknown_lines"]:
        return said["due_at_least"]
    return f"{said['due_at_least']} to {said['due_at_most']}"


def _charged(card: dict[str, Any], found: dict[str, Any]) -> str:
    if found["uncharged_lines"] + found["foreign_lines"] == found["lines"]:
        return "no charge" if found["uncharged_lines"] else "in another currency"
    return words.money(found["charged_micros"], card["currency"])


def _difference(card: dict[str, Any], found: dict[str, Any], by_card: int) -> str:
    """How much more was charged; only where every line says all that the comparison needs."""
    if found["unknown_lines"] or found["uncharged_lines"] or found["foreign_lines"]:
        return CANNOT_SAY
    delta = found["charged_micros"] - by_card
    return ("+" if delta > 0 else "") + words.money(delta, card["currency"]) if delta else "none"


def _notes(run: Run, tenant: str, card: dict[str, Any], found: dict[str, Any]) -> list[dict[str, Any]]:
    """What a reader must know of the row, and a few lines to look at."""
    notes: list[dict[str, Any]] = []
    if found["unknown_lines"]:
        notes.append(
            {"text": f"Cannot say for {words.units(found['unknown_lines'])} of the lines: it {MISSING[card['basis']]}."}
        )
    if found["differing_lines"]:
        over, under = (words.money(found[name], card["currency"]) for name in ("over_micros", "under_micros"))
        count = words.units(found["differing_lines"])
        text = f"Charged otherwise: {count} of the lines, {over} above and {under} below. Such as"
        examples = [(claim, _claim(run, tenant, card["vendor"], claim)) for claim in found["examples"]]
        notes.append({"text": text, "examples": examples})
    return notes


def _claim(run: Run, tenant: str, vendor: str, claim_id: str) -> str:
    address = reverse("claim", kwargs={"tenant": tenant, "vendor": vendor, "claim_id": claim_id})
    return f"{address}?{urlencode({'run': str(run.id)})}"


def _lines(run: Run, tenant: str, card: dict[str, Any], found: dict[str, Any]) -> str:
    """The lines of the card's vendor and action over the time in which it priced any."""
    last = datetime.fromisoformat(found["last_at"]) + timedelta(microseconds=1)
    span = {"from": datetime.fromisoformat(found["first_at"]), "until": last}
    instants = {name: at.astimezone(UTC).isoformat() for name, at in span.items()}
    own = {"action": card["action"]} if card["action"] else {}
    return lines_of(run, tenant, vendor=card["vendor"], **own, **instants)
