"""The bench: an embedded DuckDB on which the steps of the law are laid out, one table per SQL file.

The order of the steps is `STEPS`, the table of contents. A step reads tables that are already there and makes the one
that its file is named after; nothing else happens in it. A check is a query that must return nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel import lineage, pairing, terms
from audit.kernel.ruleset import Rule

SQL: Final = Path(__file__).parent / "sql"

OPENING: Final = (
    "later_copy",
    "witness",
    "binding",
    "span",
    "repeated_id",
    "restatement",
    "standing",
    "naming",
    "tie",
    "tied_record",
    "heard",
    "sighting",
    "parent",
    "claimed_action",
)
PAIRING: Final = (
    "claim",
    "event",
    "shared_record",
    "hot_record",
    "by_record",
    "by_reference",
    "meeting",
    "pair",
    "contest",
    "match",
    "hot_claim",
    "hot_event",
)
HEARING: Final = ("word", "watch", "silence", "tally", "decision")
SETTLING: Final = (
    "deciding",
    "ground",
    "busy",
    "reversal",
    "burst",
    "member",
    "oscillation",
    "rivals",
    "repeat",
    "support",
    "unit_time",
    "recall",
    "undoing",
    "work",
    "last_work",
    "taken",
    "passage",
    "aimed",
    "revert",
    "fall",
    "watched_unit",
    "settled",
    "unanswered",
    "best_witness",
    "unclaimed",
)
CLOSING: Final = ("first_reason", "untainted", "verdict", "totals")
STEPS: Final = OPENING + PAIRING + HEARING + SETTLING + CLOSING
EXPORTS: Final = ("verdicts", "testimony", "unclaimed", "totals")
SLICE_CHECKS: Final = (
    "no_event_answers_two_claims",
    "no_claim_has_two_events_of_one_system",
    "a_repeat_points_to_its_own_burst",
)
RUN_CHECKS: Final = (
    "every_claim_row_has_one_verdict",
    "units_and_charge_are_those_of_the_claims",
    "a_verified_claim_has_an_independent_witness",
    "no_better_witness_denies_a_verified_claim",
    "totals_add_up_to_the_claims",
)
CHECKS: Final = SLICE_CHECKS + RUN_CHECKS
_NUMBERS: Final = {"claims": "claim", "evidence": "event"}
_EMPTY: Final = {"integer": pa.int64(), "boolean": pa.bool_(), "instant": pa.timestamp("us", tz="UTC")}
_RULE_TYPES: Final = {
    "int": pa.int64(),
    "bool": pa.bool_(),
    "tuple[str, ...]": pa.list_(pa.string()),
    "tuple[str, ...] | None": pa.list_(pa.string()),
    "Mapping[str, int]": pa.map_(pa.string(), pa.int64()),
}
_FORMS: Final = {
    "parquet": "format parquet, compression zstd",
    "csv": "format csv, header true",
    "jsonl": "format json",
}
_KNOBS: Final = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@cache
def statement(folder: str, name: str) -> str:
    """The text of one SQL file of the law."""
    return (SQL / folder / f"{name}.sql").read_text(encoding="utf-8")


@cache
def law_digest() -> str:
    """SHA-256 over everything that decides: the steps and checks in their order, pairing and lineage."""
    digest = hashlib.sha256()
    for folder, names in (("steps", STEPS), ("checks", CHECKS), ("exports", (*EXPORTS, "leaf"))):
        for name in names:
            digest.update(f"{folder}/{name}\n{statement(folder, name)}\n".encode())
    for module in (pairing, lineage):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


class Bench:
    """One DuckDB connection with the inputs and the rule laid out on it."""

    def __init__(self, folder: Path, *, threads: int | None = None, memory: str = "2GB") -> None:
        self._connection = duckdb.connect(":memory:", config={**_KNOBS, "temp_directory": str(folder)})
        self.run("set TimeZone = 'UTC'")
        self.run(f"set memory_limit = '{_quoted(memory)}'")
        if threads is not None:
            self.run(f"set threads = {int(threads)}")

    def close(self) -> None:
        """Drop everything."""
        self._connection.close()

    def seal(self, files: Sequence[Path], folders: Sequence[Path]) -> None:
        """From now on nothing but these files and folders can be reached, and no setting changed."""
        for name, paths in (("allowed_paths", files), ("allowed_directories", folders)):
            listed = ", ".join(f"'{_quoted(str(path.absolute()))}'" for path in paths)
            self.run(f"set {name} = [{listed}]")
        self.run("set enable_external_access = false")
        self.run("set lock_configuration = true")

    def attach(self, kind: str, paths: Sequence[Path]) -> None:
        """Lay out the canonical Parquet files of one kind as a view, rows numbered in received order."""
        number = _NUMBERS.get(kind, "line")
        columns = [column.name for column in terms.INPUTS[kind]]
        if not paths:
            kinds = [_EMPTY.get(column.kind, pa.string()) for column in terms.INPUTS[kind]]
            schema = pa.schema([*zip(columns, kinds, strict=True), (number, pa.int64())])
            self.lay(kind, schema.empty_table())
            return
        starts = [0]
        for path in paths[:-1]:
            starts.append(starts[-1] + pq.read_metadata(path).num_rows)
        received = f"file_row_number + list_extract({starts}::bigint[], file_index::bigint + 1) as {number}"
        files = self._connection.read_parquet([str(path.absolute()) for path in paths], file_row_number=True)
        files.project(", ".join([*columns, received])).create_view(kind)

    def attach_result(self, name: str, path: Path) -> None:
        """Lay out a file that a run wrote as a view."""
        readers: dict[str, Callable[..., Any]] = {
            ".parquet": self._connection.read_parquet,
            ".csv": partial(self._connection.read_csv, all_varchar=True),
            ".jsonl": self._connection.read_json,
        }
        readers[path.suffix](str(path)).create_view(name)

    def lay_rule(self, rule: Rule) -> None:
        """The one-row table `rule`: every name of the law; `ignore_keys` are the ignored fields as JSON text."""
        values: dict[str, Any] = {}
        for item in fields(rule):
            value = getattr(rule, item.name)
            value = list(value.items()) if isinstance(value, Mapping) else value
            values[item.name] = pa.array([value], _RULE_TYPES[str(item.type)])
        keys = [json.dumps(name, ensure_ascii=False) for name in rule.ignore_fields]
        values["ignore_keys"] = pa.array([keys], pa.list_(pa.string()))
        self.lay("rule", pa.table(values))

    def lay(self, name: str, rows: pa.Table, query: str = "select * from given") -> None:
        """A table made of rows from Python, which the query calls `given`."""
        self._connection.register("given", rows)
        self.run(f"create or replace table {name} as {query}")
        self._connection.unregister("given")

    def append(self, name: str, rows: pa.Table) -> None:
        """Add rows from Python to a table, column by column of the same name."""
        self._connection.register("given", rows)
        self.run(f"insert into {name} by name from given")
        self._connection.unregister("given")

    def make(self, *names: str, folder: str = "steps") -> None:
        """Run steps in the order given."""
        for name in names:
            self.run(f"create or replace table {name} as {statement(folder, name)}")

    def alias(self, name: str, other: str) -> None:
        """Let `name` be read as another table, where a step would only copy it."""
        self.run(f"create or replace view {name} as from {other}")

    def swap(self, name: str, other: str) -> None:
        """Let the table `other` take the place of the input `name`."""
        kind = "view" if self.rows("select 1 from duckdb_views() where view_name = ?", name) else "table"
        self.run(f"drop {kind} {name}")
        self.run(f"alter table {other} rename to {name}")

    def stream(self, query: str, rows: int = 1 << 16) -> Iterator[pa.RecordBatch]:
        """The answer of a query in batches, in its order."""
        yield from self._connection.sql(query).to_arrow_reader(rows)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The whole answer of a query."""
        answer: list[tuple[Any, ...]] = self._connection.execute(query, list(parameters)).fetchall()
        return answer

    def records(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """The whole answer of a query, a dict for each row."""
        answer: list[dict[str, Any]] = self._connection.sql(query, params=list(parameters)).to_arrow_table().to_pylist()
        return answer

    def count(self, name: str) -> int:
        """How many rows a table has."""
        return int(self._connection.table(name).count("*").fetchall()[0][0])

    def columns(self, query: str) -> dict[str, Any]:
        """The whole answer of a query as numpy columns."""
        answer: dict[str, Any] = self._connection.execute(query).fetchnumpy()
        return answer

    def keep(self, *names: str) -> None:
        """Put this slice's tables aside, to be read as one when the last slice is done."""
        kept = {name for (name,) in self.rows("select table_name from duckdb_tables()")}
        for name in names:
            if f"kept_{name}" in kept:
                self._connection.table(name).insert_into(f"kept_{name}")
            else:
                self._connection.table(name).create(f"kept_{name}")

    def gather(self, *names: str) -> None:
        """What was put aside takes the name of the step again."""
        for name in names:
            self.run(f"drop table {name}")
            self.run(f"alter table kept_{name} rename to {name}")

    def write(self, query: str, path: Path, form: str) -> None:
        """The answer of a query as a file: `parquet`, `csv` or `jsonl`."""
        self.run(f"copy ({query}) to '{_quoted(str(path))}' ({_FORMS[form]})")

    def run(self, command: str) -> None:
        """Run one command."""
        self._connection.execute(command)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
