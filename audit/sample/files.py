"""Writing the sample: per tenant the files that its vendors and systems would export, and the truth beside them.

Lines are planned and written in chunks, so that memory stays flat whatever the size.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from audit.kernel.terms import ACTORS, COVERAGE, Reason
from audit.sample import planted, render, stories, totals, world
from audit.sample.clock import Clock
from audit.sample.stage import BLOCK, FEED_BLOCK, Stage

CHUNK: Final = 250_000
FORMATS: Final = {"csv": ".csv.gz", "parquet": ".parquet"}


@dataclass(slots=True)
class Delivery:
    """One tenant's files, and what they hold."""

    tenant: str
    title: str
    folder: Path
    claims: dict[str, Path]  # by vendor
    evidence: dict[str, Path]  # by system
    counts: dict[str, Path]  # by vendor: the one that states totals too, where it is of this tenant
    coverage: Path
    actors: Path
    rules: Path
    truth: Path
    unclaimed: Path
    lines: int = 0
    events: int = 0
    unclaimed_count: int = 0
    planted: dict[str, dict[Reason, int]] = field(default_factory=dict)  # by vendor


@dataclass(frozen=True, slots=True)
class Made:
    """What was written, by tenant."""

    out: Path
    seed: int
    tenants: tuple[Delivery, ...]

    @property
    def lines(self) -> int:
        """Claim lines in all."""
        return sum(delivery.lines for delivery in self.tenants)

    @property
    def events(self) -> int:
        """Events in all."""
        return sum(delivery.events for delivery in self.tenants)

    def reasons(self) -> dict[Reason, int]:
        """Lines by planted reason, over everything."""
        tables = [table for delivery in self.tenants for table in delivery.planted.values()]
        return {reason: sum(table[reason] for table in tables) for reason in Reason}


def make(out: Path, *, seed: int = 1, claims: int = 60_000, tenants: int = 2) -> Made:
    """The demonstration: `claims` lines in all, as gzipped CSV in a folder per tenant under `out`."""
    return write(out, seed=seed, claims=claims, tenants=tenants)


def write(
    out: Path, *, seed: int = 1, claims: int = 60_000, tenants: int = 2, fmt: str = "csv", chunk: int = CHUNK
) -> Made:
    """Any number of lines, `csv` or `parquet`, planned `chunk` lines at a time (which changes what is planned).

    The same arguments give the same bytes. Raises ValueError for a format, size or number of tenants that is none.
    """
    if fmt not in FORMATS or claims < 1 or not 1 <= tenants <= len(world.TENANTS) or not 1 <= chunk <= CHUNK * 2:
        raise ValueError(f"can not write {claims} claims for {tenants} tenants as {fmt} by {chunk}")
    parts = _shares([sum(share for _, share in tenant.feeds) for tenant in world.TENANTS[:tenants]], claims)
    deliveries = [_deliver(out, number, lines, seed=seed, fmt=fmt, chunk=chunk) for number, lines in enumerate(parts)]
    return Made(out, seed, tuple(deliveries))


def _deliver(out: Path, number: int, lines: int, *, seed: int, fmt: str, chunk: int) -> Delivery:
    """Write one tenant."""
    tenant = world.TENANTS[number]
    delivery = _paths(out / tenant.slug, tenant, FORMATS[fmt])
    _write_settings(tenant, delivery)
    shares = _shares([share for _, share in tenant.feeds], lines)
    rounds = max(1, -(-lines // chunk))
    if rounds > FEED_BLOCK // BLOCK:
        raise ValueError(f"{lines} lines by {chunk} are too many rounds: take larger chunks")
    with ExitStack() as stack:
        desk = _Desk(stack, delivery)
        for turn in range(rounds):
            stages = []
            for feed, (vendor, _) in enumerate(tenant.feeds):
                first, last = shares[feed] * turn // rounds, shares[feed] * (turn + 1) // rounds
                rng = np.random.default_rng([seed, number, feed, turn])
                base = (number * len(tenant.feeds) + feed) * FEED_BLOCK + turn * BLOCK
                stages.append(_plan(Clock(tenant), vendor, first, last, base, rng))
            desk.file(stages)
    for vendor, path in delivery.counts.items():
        desk.totals[vendor].write(path)
    return delivery


def _plan(clock: Clock, vendor: str, first: int, last: int, base: int, rng: np.random.Generator) -> Stage:
    """Plan lines first…last of a vendor."""
    stage = Stage(clock, vendor, planted.counts(vendor, first, last), base, rng)
    stories.tell(stage, first, last)
    if any(stage.left.values()) or stage.lines.size != last - first:
        raise AssertionError(f"the plan of {vendor} does not add up: {stage.left}")
    return stage


def _shares(weights: list[int], whole: int) -> list[int]:
    """A whole number cut by weights, without remainder."""
    ends = [whole * sum(weights[: place + 1]) // sum(weights) for place in range(len(weights))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _paths(folder: Path, tenant: world.Tenant, suffix: str) -> Delivery:
    """Where a tenant's files go; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Delivery(
        tenant=tenant.slug,
        title=tenant.title,
        folder=folder,
        claims={vendor: folder / f"claims-{vendor}{suffix}" for vendor, _ in tenant.feeds},
        counts={vendor: folder / f"counts-{vendor}.csv" for vendor, _ in tenant.feeds if vendor == totals.VENDOR},
        evidence={system: folder / f"evidence-{system}{suffix}" for system in tenant.systems},
        coverage=folder / "coverage.csv",
        actors=folder / "actors.csv",
        rules=folder / "rules.json",
        truth=folder / f"truth{suffix}",
        unclaimed=folder / f"unclaimed{suffix}",
    )


def _write_settings(tenant: world.Tenant, delivery: Delivery) -> None:
    """The small files: coverage, the users of the agents in the CRM, the rules."""
    watches = [
        [tenant.systems[w.system], world.GRADES[w.system], w.prefix, "", _rfc3339(w.starts_at), _rfc3339(w.ends_at)]
        for w in tenant.watches
    ]
    _write_small(delivery.coverage, [[column.name for column in COVERAGE], *watches])
    vendors = [vendor for vendor, _ in tenant.feeds]
    owners = dict.fromkeys((job.agent, job.vendor) for job in world.JOBS if job.vendor in vendors)
    users = [
        [tenant.systems[world.CRM], world.actor_of(world.AGENTS.index(agent)), vendor, agent]
        for agent, vendor in owners
    ]
    _write_small(delivery.actors, [[column.name for column in ACTORS], *users])
    delivery.rules.write_text(json.dumps(world.RULES, indent=2) + "\n", encoding="utf-8")


def _write_small(path: Path, rows: list[list[str]]) -> None:
    """A small CSV whose fields need no quotes."""
    path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")


def _rfc3339(text: str) -> str:
    """A day or minute as RFC 3339, UTC."""
    return f"{np.datetime64(text, 's')}Z"


class _Desk:
    """One tenant's open files: takes planned stages, files their rows, keeps count."""

    def __init__(self, stack: ExitStack, delivery: Delivery) -> None:
        self.delivery = delivery
        schemas = {path: render.CLAIMS for path in delivery.claims.values()}
        schemas |= {path: render.EVIDENCE for path in delivery.evidence.values()}
        schemas |= {delivery.truth: render.TRUTH, delivery.unclaimed: render.UNCLAIMED}
        self.totals = {vendor: totals.Totals() for vendor in delivery.counts}
        self.sheets = {path: stack.enter_context(_Sheet(path, schema)) for path, schema in schemas.items()}

    def file(self, stages: list[Stage]) -> None:
        """Write one chunk: each vendor's lines and truth by time, each system's events by time."""
        events, unclaimed = [], []
        for stage in stages:
            lines, truth, ids = render.claims(stage)
            self.sheets[self.delivery.claims[stage.vendor]].write(lines)
            self.sheets[self.delivery.truth].write(truth)
            if stage.vendor in self.totals:
                self.totals[stage.vendor].add(lines, truth)
            seen, nobodys = render.evidence(stage, ids)
            events.append(seen)
            unclaimed.append(seen.filter(pa.array(nobodys)).select(["system", "event_id"]))
            self._count(stage, len(lines), len(seen), len(unclaimed[-1]))
        self.sheets[self.delivery.unclaimed].write(pa.concat_tables(unclaimed))
        for system, table in _by_system(pa.concat_tables(events), list(self.delivery.evidence)):
            self.sheets[self.delivery.evidence[system]].write(table)

    def _count(self, stage: Stage, lines: int, events: int, unclaimed: int) -> None:
        """Add a stage to the totals."""
        self.delivery.lines += lines
        self.delivery.events += events
        self.delivery.unclaimed_count += unclaimed
        so_far = self.delivery.planted.setdefault(stage.vendor, dict.fromkeys(Reason, 0))
        for reason, count in stage.planned.items():
            so_far[reason] += count


def _by_system(events: render.Table, systems: list[str]) -> Iterator[tuple[str, render.Table]]:
    """Each system's events, by time and id."""
    for system in systems:
        table = events.filter(pc.equal(events["system"], system))
        yield system, table.sort_by([("occurred_at", "ascending"), ("event_id", "ascending")])


class _Sheet:
    """One file that grows by tables: gzipped CSV (RFC 3339 instants, no time stamp in the gzip) or Parquet."""

    def __init__(self, path: Path, schema: Any) -> None:
        self.path, self.schema = path, schema
        self.parquet: Any = None
        self.raw: BinaryIO | None = None
        self.packed: gzip.GzipFile | None = None
        self.begun = False

    def __enter__(self) -> _Sheet:
        if self.path.suffix == ".parquet":
            self.parquet = pyarrow.parquet.ParquetWriter(
                self.path, self.schema, compression="zstd", compression_level=1
            )
        else:
            self.raw = self.path.open("wb")
            self.packed = gzip.GzipFile(filename="", mode="wb", fileobj=self.raw, mtime=0, compresslevel=4)
        return self

    def __exit__(self, *problem: object) -> None:
        for part in (self.parquet, self.packed, self.raw):
            if part is not None:
                part.close()

    def write(self, table: render.Table) -> None:
        """Append rows; the first table brings the header, even without rows."""
        if self.parquet is not None:
            self.parquet.write_table(table)
            return
        options = pyarrow.csv.WriteOptions(include_header=not self.begun)
        pyarrow.csv.write_csv(_printed(table), cast(BinaryIO, self.packed), options)
        self.begun = True


def _printed(table: render.Table) -> render.Table:
    """The table with its instants as text."""
    for place, column in enumerate(table.schema):
        if column.type == render.INSTANT:
            at = table[column.name].to_numpy().astype("datetime64[ms]")
            texts = np.char.add(np.datetime_as_string(at).astype("S23"), b"Z")
            table = table.set_column(place, column.name, pa.array(texts).cast(pa.string()))
    return table
