"""One claim: its lines, what was said of it, what else happened to its record, and the row as received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import Http404

from audit.intake import BadInput, Format, cell
from audit.models import Batch, Run
from audit.queries import lines
from audit.vault import cells, files
from audit.vault.bench import connect

LINES = Format("jsonl", encoding="utf-8")  # the raw file of a segment
NEAR = 400  # events or sibling claims shown around one claim, the nearest first
EVENT = ("system", "event_id", "grade", "outcome", "action", "target", "occurred_at", "actor", "effect", "claim_ref")


@dataclass(frozen=True, slots=True)
class Received:
    """A row as the vendor sent it: the batch, the line in its file, and the columns."""

    batch: Batch
    line: int
    columns: dict[str, str]


def of(run: Run, vendor: str, claim_id: str) -> list[lines.Line]:
    """Every line of one claim id, newest revision first. Raises Http404 where the run has none."""
    found = lines.of(run, {"vendor": vendor, "claim_id": claim_id}).order_by("-revision", "row").read(0, 100)
    if not found:
        raise Http404("No such claim in this run.")
    return found


def testimony(run: Run, vendor: str, claim_id: str) -> list[dict[str, Any]]:
    """What each system said of a claim: system, grade, word, rank, event_id."""
    names = ("system", "grade", "word", "rank", "event_id")
    query = f"""
        select {", ".join(names)} from read_parquet(?)
        where vendor = ? and claim_id = ? order by grade, system, event_id
    """
    return _read(run, "testimony", names, query, [vendor, claim_id])


def events(run: Run, line: lines.Line, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events on the claim's record, those that name it and those that speak of it; the nearest in time."""
    query = f"""
        select {", ".join(EVENT)} from read_parquet(?)
        where target = ? or claim_ref = ? or list_contains(?, event_id)
        order by abs(epoch_us(occurred_at) - epoch_us(?::timestamptz)), system, event_id limit {NEAR}
    """
    named = [word["event_id"] for word in said]
    found = _read(run, "evidence", EVENT, query, [line["target"], line["claim_id"], named, line["occurred_at"]])
    return sorted(found, key=lambda event: (event["occurred_at"], event["system"], event["event_id"]))


def siblings(run: Run, line: lines.Line) -> list[lines.Line]:
    """Other claims of the same agent and action on the same record, the nearest in time."""
    if line["target"] is None:
        return []
    near: datetime = line["occurred_at"]
    same = {name: line[name] for name in ("vendor", "agent_id", "action", "target")}
    found = lines.of(run, same).nearest(near, NEAR)
    return [row for row in found if row["claim_id"] != line["claim_id"]]


def received(line: lines.Line) -> Received | None:
    """The row as received, read from the raw file; None where the file does not give it back."""
    batch = Batch.objects.select_related("source").filter(id=line["batch"]).first()
    if batch is None:
        return None
    form = LINES if batch.streamed else None
    columns = _row(batch, int(line["line"]), form)
    return Received(batch, int(line["line"]), columns) if columns is not None else None


def _row(batch: Batch, number: int, form: Format | None) -> dict[str, str] | None:
    """A row of the raw file; None where there is none, or where it takes too long to find."""
    path, limits = files.local(batch.raw_key), cells.for_pages()
    try:
        return cell.line(path, batch.file_name, number, form, folder=cells.folder(), limits=limits)
    except BadInput:
        return None


def _read(run: Run, name: str, names: tuple[str, ...], query: str, parameters: list[Any]) -> list[dict[str, Any]]:
    path: Path = files.local(run.files[name])
    with connect(path.parent, threads=2) as connection:
        rows = connection.execute(query, [str(path), *parameters]).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
