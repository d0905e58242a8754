"""One claim: its lines, what was said of it, what else happened to its record, and the row as received."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import Any

from django.http import Http404

from audit.intake import BadInput, Format, cell
from audit.models import Batch, Run
from audit.queries import lines
from audit.queries.shelf import shelf
from audit.vault import cells, files
from audit.vault.bench import reading

LINES = Format("jsonl", encoding="utf-8")  # the raw file of a segment
NEAR = 400  # events or sibling claims shown around one claim, the nearest first
SIBLING = (*lines.ORDER, "state", "reason", "provisional", "occurred_at")
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
        select {", ".join(names)} from read_parquet($path)
        where vendor = $vendor and claim_id = $claim_id order by grade, system, event_id
    """
    return _read(run, "testimony", names, query, {"vendor": vendor, "claim_id": claim_id})


def events(run: Run, line: lines.Line, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events on the claim's record, those that name it and those that speak of it; the nearest in time."""
    names = ", ".join(EVENT)
    query = f"""
        with event as (select {names}, file_row_number from read_parquet($path, file_row_number = true)),
        found as (  -- by one column at a time: only so the filters of the file tell where an id cannot be
            select * from event where target = $target
            union
            select * from event where claim_ref = $claim_id
            union
            select * from event semi join (select unnest($named::varchar[]) as event_id) using (event_id)
        )
        select {names} from found
        order by abs(epoch_us(occurred_at) - epoch_us($near::timestamptz)), system, event_id limit {NEAR}
    """
    given = {"target": line["target"], "claim_id": line["claim_id"], "near": line["occurred_at"]}
    found = _read(run, "evidence", EVENT, query, given | {"named": [word["event_id"] for word in said]})
    return sorted(found, key=lambda event: (event["occurred_at"], event["system"], event["event_id"]))


def siblings(run: Run, line: lines.Line) -> list[lines.Line]:
    """Other claims of the same agent and action on the same record, the nearest in time."""
    if line["target"] is None:
        return []
    near: datetime = line["occurred_at"]
    same = {name: line[name] for name in ("vendor", "agent_id", "action", "target")}
    found = lines.of(run, same).only(*SIBLING).nearest(near, NEAR)
    return [row for row in found if row["claim_id"] != line["claim_id"]]


def received(line: lines.Line) -> Received | None:
    """The row as received, read from the raw file; None where the file does not give it back."""
    return receiving(line)()


def receiving(line: lines.Line) -> Callable[[], Received | None]:
    """Have the row as received be read beside what else is done; the answer is a call that waits for it."""
    batch = Batch.objects.select_related("source").filter(id=line["batch"]).first()
    if batch is None:
        return lambda: None
    number, columns = int(line["line"]), Future[dict[str, str] | None]()
    Thread(target=_read_row, args=(batch, number, columns)).start()

    def wait() -> Received | None:
        found = columns.result()
        return Received(batch, number, found) if found is not None else None

    return wait


def _read_row(batch: Batch, number: int, columns: Future[dict[str, str] | None]) -> None:
    try:
        columns.set_result(shelf.fetch(("row", str(batch.pk), str(number)), lambda: _row(batch, number)))
    except BaseException as error:  # for whoever waits
        columns.set_exception(error)


def _row(batch: Batch, number: int) -> dict[str, str] | None:
    """A row of the raw file; None where there is none, or where it takes too long to find."""
    form = LINES if batch.streamed else None
    path, limits = files.local(batch.raw_key), cells.for_pages()
    try:
        return cell.line(path, batch.file_name, number, form, folder=cells.folder(), limits=limits)
    except BadInput:
        return None


def _read(run: Run, name: str, names: tuple[str, ...], query: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    with reading() as connection:
        rows = connection.execute(query, {"path": str(files.local(run.files[name])), **given}).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
