"""Evidence events of a run: one of them with the claims around it, and those that nobody claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import Http404

from audit.kernel.terms import EVIDENCE, TESTIMONY_COLUMNS
from audit.models import Run
from audit.queries import lines
from audit.queries.lines import Line, Lines
from audit.vault import files
from audit.vault.seek import seek

NEAR = 40  # claims on the event's record that its page names, the nearest in time
COLUMNS = (*(column.name for column in EVIDENCE), "batch", "line")
FILTERS = ("system", "event_id", "grade", "vendor", "action", "actor", "target", "from", "until", "q")


class Unclaimed(Lines):
    """Work that an independent system saw done and no claim speaks of."""

    identity: ClassVar[tuple[str, ...]] = ("system", "event_id")
    columns: ClassVar[tuple[str, ...]] = (
        *("system", "event_id", "grade", "vendor", "target", "action", "occurred_at", "actor", "units"),
    )
    known: ClassVar[tuple[str, ...]] = FILTERS
    ids: ClassVar[tuple[str, ...]] = ("event_id", "actor")

    def units(self) -> int:
        """The units of the events that the filters let through."""
        return int(self.ask("coalesce(sum(units), 0)")[0][0])

    def words(self) -> dict[str, list[str]]:
        """The systems, actions and vendors that occur, for choosing among them."""
        names = ("system", "action", "vendor")
        every = Unclaimed(self.path)
        return {name: [row[0] for row in every.ask(f'distinct "{name}"', "order by 1") if row[0]] for name in names}


@dataclass(frozen=True, slots=True)
class Around:
    """A claim near an event, and what the event is to it: answers, undoes, names, or lies on the same record."""

    line: Line
    tie: str


def unclaimed(run: Run, filters: Mapping[str, str] | None = None) -> Unclaimed:
    """The work of a finished run that nobody claimed. Raises Http404 while there is no result."""
    if "unclaimed" not in run.files:
        raise Http404("The run has no result yet.")
    return Unclaimed(files.local(run.files["unclaimed"]), dict(filters or {}))


def get(run: Run, system: str, event_id: str) -> dict[str, Any]:
    """An event as the run read it, with its batch and line. Raises Http404."""
    if "evidence" not in run.files:
        raise Http404("The run has read no evidence yet.")
    known = "system = ? and event_id = ?", [system, event_id]
    found = seek([files.local(run.files["evidence"])], COLUMNS, known, 1)
    if not found:
        raise Http404("No such event in this run.")
    return found[0][1]


def testimony(run: Run, system: str, event_id: str) -> list[dict[str, Any]]:
    """The claims that the event answers: at most one, by the law. Columns: vendor, claim_id, word, rank, …"""
    known = "event_id = ? and system = ?", [event_id, system]
    return [row for _, row in seek([files.local(run.files["testimony"])], TESTIMONY_COLUMNS, known, 10)]


def around(run: Run, event: Mapping[str, Any], said: list[dict[str, Any]]) -> list[Around]:
    """The claims that the event answers, undoes or names, then those on its record, the nearest in time."""
    groups: list[tuple[str, dict[str, str]]] = [
        ("answers", {"vendor": word["vendor"], "claim_id": word["claim_id"]}) for word in said
    ]
    groups.append(("undoes", {"undone_by": f"{event['system']}:{event['event_id']}"}))
    if event["claim_ref"]:
        groups.append(("names", {"claim_id": event["claim_ref"]}))
    if event["target"]:
        groups.append(("record", {"target": event["target"]}))
    found: dict[tuple[Any, ...], Around] = {}
    for tie, filters in groups:
        for line in lines.of(run, filters).nearest(event["occurred_at"], NEAR):
            found.setdefault(tuple(line[name] for name in lines.ORDER), Around(line, tie))
    return list(found.values())
