"""The data: made once for a size and a seed, kept under var/bench-data, the same files for every contender.

`python -m bench.data FOLDER CLAIMS SEED PART...` makes what is lacking. Parts: `canonical` (what the kernel reads),
`copies` (the columns that simple matching needs, as CSV for COPY), `pairs` (pairs for the comparison of effects),
`uploads` (the vendors' and systems' files as plain CSV).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
SOURCES: Final = ("audit/sample", "audit/kernel/inputs", "audit/kernel/effects.py", "bench/data.py")
COPIED: Final = {
    "claims": "vendor, claim_id, revision, withdrawn, agent_id, action, target, occurred_at, environment, status, "
    "units, charge_micros",
    "evidence": "system, event_id, grade, vendor, target, action, occurred_at, outcome",
}
"""The columns that simple matching reads; only these are in the files for COPY."""
TILE: Final = 10_000_000
KINDS: Final = ("claims", "evidence", "coverage", "actors")


@dataclass(frozen=True, slots=True)
class Data:
    """The files of one size and seed."""

    folder: Path

    def canonical(self, kind: str) -> Path:
        """The canonical Parquet file of a kind of input."""
        return self.folder / f"{kind}.parquet"

    def copy(self, kind: str) -> Path:
        """The CSV file for COPY."""
        return self.folder / "copies" / f"{kind}.csv"

    def pairs(self, side: str) -> Path:
        """The `claimed` or the `seen` side of the pairs whose effects are compared."""
        return self.folder / "pairs" / f"{side}.parquet"

    def uploads(self, kind: str) -> list[Path]:
        """The CSV files of the vendors or of the systems."""
        return sorted((self.folder / "uploads").glob(f"{kind}-*.csv"))

    @property
    def rules(self) -> Path:
        """The rule set."""
        return self.folder / "rules.json"

    @property
    def truth(self) -> Path:
        """The verdict that was planted for every claim row."""
        return self.folder / "truth.parquet"

    @property
    def facts(self) -> dict[str, Any]:
        """What the files hold: claims, events, shares."""
        facts: dict[str, Any] = json.loads((self.folder / "facts.json").read_text(encoding="utf-8"))
        return facts


def make(folder: Path, claims: int, seed: int, parts: Sequence[str]) -> None:
    """Make the parts that are not there yet; all anew if their makers have changed."""
    mark = folder / "made.json"
    made = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    if made.get("makers") != _makers():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        made = {"makers": _makers(), "parts": []}
    makers = {"copies": _copies, "pairs": _pairs, "uploads": _uploads}
    for part in ("canonical", *parts):
        if part in made["parts"]:
            continue
        if part == "canonical" and claims > TILE:
            _tiled(Data(folder), claims, seed)
        elif part == "canonical":
            _canonical(folder, claims, seed)
        else:
            makers[part](Data(folder))
        made["parts"].append(part)
        mark.write_text(json.dumps(made), encoding="utf-8")


def _tiled(data: Data, claims: int, seed: int) -> None:
    """More than a tile: the tile again and again, ids, sessions and targets with the number of the copy behind them."""
    tile = Data(data.folder.parent / f"{TILE}-seed-{seed}")
    make(tile.folder, TILE, seed, [])
    copies, rest = divmod(claims, TILE)
    if rest:
        raise SystemExit(f"more than {TILE:,} claims are made in tiles: ask for a multiple of it")
    renamed = {
        "claims": ("claim_id", "parent_id", "session_id", "target"),
        "evidence": ("event_id", "claim_ref", "target"),
        "truth": ("claim_id",),
    }
    for kind, columns in renamed.items():
        source, out = (tile.truth, data.truth) if kind == "truth" else (tile.canonical(kind), data.canonical(kind))
        changed = ", ".join(f"{column} || '~' || copy as {column}" for column in columns)
        query = f"select tile.* replace ({changed}) from range({copies}) as copies (copy), '{source}' as tile"
        _connection(data).execute(f"copy ({query}) to '{out}' (format parquet, compression zstd)")
    for name in ("coverage.parquet", "actors.parquet", "rules.json"):
        shutil.copy(tile.folder / name, data.folder / name)
    facts = {key: value * copies if key in ("claims", "events") else value for key, value in tile.facts.items()}
    (data.folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _makers() -> str:
    digest = hashlib.sha256()
    for source in SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _canonical(folder: Path, claims: int, seed: int) -> None:
    """The sample as its makers write it, then through the same taking as a user's files."""
    from audit import sample
    from audit.kernel.inputs import prepare

    delivery = sample.write(folder / "raw", seed=seed, claims=claims, tenants=1, fmt="parquet").tenants[0]
    given = {
        "claims": list(delivery.claims.values()),
        "evidence": list(delivery.evidence.values()),
        "coverage": [delivery.coverage],
        "actors": [delivery.actors],
    }
    data, refused, grades = Data(folder), folder / "refused.csv", dict[str, str]()
    for kind, paths in given.items():
        taken = prepare(kind, paths, data.canonical(kind), refused, grades=grades)
        if taken.refused or taken.duplicate:
            raise RuntimeError(f"the sample's {kind} should be taken whole: {taken}")
    shutil.copy(delivery.rules, data.rules)
    shutil.move(delivery.truth, data.truth)
    _write_facts(data)


def _connection(data: Data) -> Any:
    import duckdb

    connection = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(data.folder / ".spill")})
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _write_facts(data: Data) -> None:
    """Rows, events per claim, and how much of it has effects or is crowded."""
    query = f"""
    select
        (select count(*) from '{data.canonical("claims")}') as claims,
        (select count(*) from '{data.canonical("evidence")}') as events,
        (select avg((effect is not null)::int) from '{data.canonical("claims")}') as claims_with_effect,
        (select avg((effect is not null)::int) from '{data.canonical("evidence")}') as events_with_effect,
        (select sum(rows) filter (where rows > 1) / sum(rows) from (
            select count(*) as rows from '{data.canonical("claims")}' where target is not null group by target
        )) as claims_on_shared_records,
        (select sum(rows) filter (where rows > 1) / sum(rows) from (
            select count(*) as rows
            from '{data.canonical("claims")}' where target is not null
            group by target, vendor, agent_id, action, epoch_us(occurred_at) // 3600000000
        )) as claims_crowded
    """
    answer = _connection(data).sql(query)
    facts = dict(zip(answer.columns, answer.fetchall()[0], strict=True))
    (data.folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _copies(data: Data) -> None:
    """The rows in received order as CSV, the columns that are needed."""
    (data.folder / "copies").mkdir(exist_ok=True)
    for kind, columns in COPIED.items():
        source, target = data.canonical(kind), data.copy(kind)
        _connection(data).execute(f"copy (select {columns} from '{source}') to '{target}' (format csv, header)")


def _pairs(data: Data) -> None:
    """Plain pairs with two known effects: one claim and one event of one system on a record, inside the window."""
    (data.folder / "pairs").mkdir(exist_ok=True)
    connection = _connection(data)
    connection.execute(f"""
    create table pair as
    select
        row_number() over (order by claims.vendor, claims.claim_id, evidence.system) as pair,
        claims.target, claims.action, claims.units, claims.effect, evidence.action as seen_action,
        evidence.units as seen_units, evidence.effect as seen_effect
    from '{data.canonical("claims")}' as claims
    join '{data.canonical("evidence")}' as evidence using (target)
    where evidence.occurred_at between claims.occurred_at - interval '60 seconds'
        and claims.occurred_at + interval '300 seconds'
        and evidence.outcome = 'done' and evidence.action = claims.action
        and claims.effect is not null and evidence.effect is not null
    qualify count(*) over (partition by target, evidence.system) = 1
    """)
    sides = {
        "claimed": "pair, target, action, units, effect",
        "seen": "pair, target, seen_action as action, seen_units as units, seen_effect as effect",
    }
    for side, columns in sides.items():
        query = f"select {columns} from pair order by hash(pair, '{side}')"
        connection.execute(f"copy ({query}) to '{data.pairs(side)}' (format parquet, compression zstd)")


def _uploads(data: Data) -> None:
    """The raw files of vendors and systems as CSV with RFC 3339 instants, unpacked."""
    (data.folder / "uploads").mkdir(exist_ok=True)
    for kind in ("claims", "evidence"):
        for source in sorted((data.folder / "raw").glob(f"*/{kind}-*.parquet")):
            target = data.folder / "uploads" / f"{source.stem}.csv"
            stamp = "strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ')"
            query = f"select * replace ({stamp} as occurred_at) from '{source}'"
            _connection(data).execute(f"copy ({query}) to '{target}' (format csv, header)")


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
