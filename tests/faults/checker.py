"""The invariants, checked once everything is quiet: what was promised is there, once, and as it was sent.

Reads rows, bodies and digests itself, by pyarrow and hashlib; of the product only the tables and the vault's places.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq

from audit.kernel.reconcile import Inputs, judge
from audit.models import Arrival, Batch, Job, LedgerEntry, Run
from audit.operations.runs import INPUT_FILES, rule_of
from audit.vault import files
from tenants.scope import scope
from tests.faults.promises import Promises, Row

SHOWN = 5
FATES = ("accepted", "duplicate", "conflicting", "refused")
NAME = {"claims": "claim_id", "evidence": "event_id"}
Content = tuple[Row, bytes]


def check(promises: Promises) -> list[str]:
    """Every way in which a tenant's promises were not kept, a sentence each. Called outside any scope."""
    with scope(promises.tenant_id):
        jobs = list(Job.objects.all())
        batches = list(Batch.objects.select_related("source").order_by("position"))
        arrivals = list(Arrival.objects.defer("body", "text", "rows"))
        runs = list(Run.objects.select_related("rule_set"))
        entries = list(LedgerEntry.objects.order_by("seq"))
    return [
        *promises.broken,
        *_jobs(jobs),
        *_batches(batches, promises),
        *_vault(batches),
        *_receipts(arrivals, promises),
        *_bodies(batches, promises),
        *_rows(batches, promises),
        *_counts(batches, arrivals, promises),
        *_runs(runs, promises),
        *_ledger(entries, batches, runs),
    ]


def _some(what: str, found: Any) -> Iterator[str]:
    listed = sorted(map(str, found))
    if listed:
        yield f"{len(listed):,} {what}: {', '.join(listed[:SHOWN])}{' …' if len(listed) > SHOWN else ''}"


def _jobs(jobs: list[Job]) -> Iterator[str]:
    yield from _some("jobs are not done", [f"{job.kind} {job.id} {job.state}" for job in jobs if job.state != "done"])


def _batches(batches: list[Batch], promises: Promises) -> Iterator[str]:
    for batch in batches:
        if batch.state != Batch.State.SEALED:
            yield f"batch {batch.id} is not sealed but {batch.state}: {batch.error[:200]}"
        if batch.received_count != sum(getattr(batch, f"{fate}_count") for fate in FATES):
            yield f"batch {batch.id} does not account for every row"
    yield from _some("batches were not promised", _files(batches) - promises.files)
    yield from _some("promised files are lost", promises.files - _files(batches))


def _files(batches: list[Batch]) -> set[UUID]:
    return {batch.id for batch in batches if not batch.streamed}


def _vault(batches: list[Batch]) -> Iterator[str]:
    """A file's key holds its digest."""
    for batch in batches:
        for key in (batch.raw_key, batch.bodies_key, batch.rows_key, batch.conflicts_key, batch.refused_key):
            if key and hashlib.sha256(_read(key)).hexdigest() != Path(key).name.split(".")[0]:
                yield f"batch {batch.id}: the file {key} is not there or not what its name says"


def _read(key: str) -> bytes:
    try:
        return files.local(key).read_bytes()
    except FileNotFoundError:
        return b""


def _receipts(arrivals: list[Arrival], promises: Promises) -> Iterator[str]:
    kept = {str(arrival.id): arrival for arrival in arrivals}
    told = Counter(promise.receipt["receipt"] for promise in promises.receipts)
    yield from _some("receipts are lost", told.keys() - kept.keys())
    yield from _some("requests were kept that nobody was told of", kept.keys() - told.keys())
    yield from _some("receipts were given to two requests", [name for name, count in told.items() if count > 1])
    for promise in promises.receipts:
        arrival = kept.get(promise.receipt["receipt"])
        if arrival is None:
            continue
        counts = {name: getattr(arrival, f"{name}_count") for name in ("received", *FATES)}
        known = {"batch": str(arrival.batch_id), "sha256": arrival.sha256, **counts}
        if known != {name: promise.receipt[name] for name in known}:
            yield f"receipt {arrival.id} says something else than it did"
        if counts["received"] != sum(counts[fate] for fate in FATES):
            yield f"receipt {arrival.id} does not account for every row"


def _bodies(batches: list[Batch], promises: Promises) -> Iterator[str]:
    """Every body is readable with its digest, and stands in the batch that the receipt names."""
    found: dict[tuple[str, str], str] = {}
    for batch in batches:
        for body in _table(batch.bodies_key, ["arrival", "body"]):
            found[body["arrival"], str(batch.id)] = hashlib.sha256(body["body"]).hexdigest()
    wrong = [
        promise.receipt["receipt"]
        for promise in promises.receipts
        if found.get((promise.receipt["receipt"], promise.receipt["batch"])) != promise.sha256
    ]
    yield from _some("bodies are lost or not as they were sent", wrong)


def _rows(batches: list[Batch], promises: Promises) -> Iterator[str]:
    """Every row that was promised stands in one sealed batch, once; each other content among conflicts, once."""
    kept: Counter[Row] = Counter()
    others: Counter[Row] = Counter()
    contents: Counter[Content] = Counter()
    for batch in batches:
        taken, conflicts = (list(_contents(batch, key)) for key in (batch.rows_key, batch.conflicts_key))
        others.update(row for row, _ in conflicts)
        contents.update(conflicts)
        accepted = Counter(taken)
        if batch.source.kind == "claims":
            accepted.subtract(conflicts)  # which stand among the rows too, where the law judges them
        kept.update(row for row, _ in accepted.elements())
        contents.update(accepted)
    yield from _some("acknowledged rows are lost", promises.rows.keys() - kept.keys())
    yield from _some("rows that nobody was promised", kept.keys() - promises.rows.keys())
    yield from _some("rows are there twice", [row for row, count in kept.items() if count > 1])
    yield from _some("contents are there twice", [row for (row, _), count in contents.items() if count > 1])
    wrong = [row for row, bits in promises.rows.items() if others[row] != bits.bit_count() - 1]
    yield from _some("rows do not have their conflicts", wrong)


def _contents(batch: Batch, key: str) -> Iterator[Content]:
    kind = batch.source.kind
    for found in _table(key, [NAME[kind], "content"]):
        yield (kind, found[NAME[kind]]), found["content"]


def _table(key: str, columns: list[str]) -> list[dict[str, Any]]:
    if not key:
        return []
    rows: list[dict[str, Any]] = pq.read_table(files.local(key), columns=columns).to_pylist()
    return rows


def _counts(batches: list[Batch], arrivals: list[Arrival], promises: Promises) -> Iterator[str]:
    """Receipts and batches count what clients sent. Receipts do not know the rows of files."""
    streamed = sum(promises.rows[row].bit_count() for row in promises.streamed) - len(promises.streamed)
    expected = promises.received, len(promises.streamed), streamed, promises.refused
    names = ("received", "accepted", "conflicting", "refused")
    told = tuple(sum(getattr(arrival, f"{name}_count") for arrival in arrivals) for name in names)
    if told != expected:
        yield f"receipts count {told} ({', '.join(names)}), clients {expected}"
    accepted = sum(batch.accepted_count for batch in batches)
    if accepted != len(promises.rows):
        yield f"batches count {accepted:,} accepted rows, clients {len(promises.rows):,}"
    for name in ("received", "refused"):
        of_batches = sum(getattr(batch, f"{name}_count") for batch in batches if batch.streamed)
        if of_batches != sum(getattr(arrival, f"{name}_count") for arrival in arrivals):
            yield f"batches count {of_batches:,} {name} rows, their receipts others"


def _runs(runs: list[Run], promises: Promises) -> Iterator[str]:
    """Every run that was opened is done, and judging its inputs again gives its row root."""
    known = {run.id for run in runs}
    yield from _some("promised runs are lost", promises.runs - known)
    yield from _some("runs that nobody opened", known - promises.runs)
    for run in runs:
        if run.state != Run.State.DONE:
            yield f"run {run.id} is not done but {run.state}: {run.error[:200]}"
            continue
        inputs = Inputs(**{name: [files.local(run.files[name])] for name in INPUT_FILES})
        with tempfile.TemporaryDirectory() as folder:
            if judge(inputs, rule_of(run), Path(folder))["row_root"] != run.row_root:
                yield f"run {run.id} has another row root than its inputs"


def _ledger(entries: list[LedgerEntry], batches: list[Batch], runs: list[Run]) -> Iterator[str]:
    """No gap, and each batch and run ended once."""
    if [entry.seq for entry in entries] != list(range(len(entries))):
        yield "the ledger has gaps"
    ended = Counter(entry.object for entry in entries if entry.action in ("batch.sealed", "run.done"))
    things = {f"batch:{batch.id}" for batch in batches} | {f"run:{run.id}" for run in runs}
    yield from _some("have no entry of their end, or more than one", [one for one in things if ended[one] != 1])
