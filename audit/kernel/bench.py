"""The bench: an embedded DuckDB on which the steps of the law are laid out, one table per SQL file.

The order of the steps is `STEPS`, the table of contents. A step reads tables that are already there and makes the one
that its file is named after; nothing else happens in it. A check is a query that must return nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audit.kernel import terms
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
    "reference",
    "naming",
    "tie",
    "tied_record",
    "claimed_action",
    "stepping",
)
DEALT: Final = ("screened", "heard", "sighting")
"""Steps whose rows are not laid out as tables: they are dealt out as they come."""
LINEAGE: Final = ("kin", "parent")
CLOSING: Final = ("tally", "totals")
STEPS: Final = OPENING + DEALT + LINEAGE + CLOSING
EXPORTS: Final = ("verdicts", "testimony", "unclaimed", "totals")
SLICE_CHECKS: Final = (
    "no_claim_has_two_events_of_one_system",
    "a_repeat_points_to_its_own_burst",
    "a_verified_claim_has_an_independent_witness",
    "no_better_witness_denies_a_verified_claim",
)
RUN_CHECKS: Final = (
    "every_claim_row_has_one_verdict",
    "totals_add_up_to_the_claims",
    "no_event_answers_two_claims",
)
CHECKS: Final = SLICE_CHECKS + RUN_CHECKS
MODULES: Final = ("hearing", "pairing", "lineage", "reconcile", "kept")
"""What decides, besides the steps and `records/`."""
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
    "parquet": "format parquet, compression zstd, compression_level 1",
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
    """SHA-256 over everything that decides: the steps and checks in their order, the phases, the loops over records."""
    digest = hashlib.sha256()
    for folder, names in (("steps", STEPS), ("checks", CHECKS), ("exports", EXPORTS)):
        for name in names:
            digest.update(f"{folder}/{name}\n{statement(folder, name)}\n".encode())
    here = Path(__file__).parent
    for path in (*(here / f"{module}.py" for module in MODULES), *sorted((here / "records").glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Bench:
    """One DuckDB connection with the inputs and the rule laid out on it."""

    def __init__(self, folder: Path, *, threads: int | None = None, memory: str = "2GB") -> None:
        self._connection = duckdb.connect(":memory:", config={**_KNOBS, "temp_directory": str(folder)})
        self._shown: dict[str, pa.Table] = {}
        self.run("set TimeZone = 'UTC'")
        self.run(f"set memory_limit = '{quoted(memory)}'")
        # The system keeps what was read of a file; a second copy in the engine costs more than it spares.
        self.run("set enable_external_file_cache = false")
        # Blocks that a dropped table leaves are used again instead of being asked of the system anew.
        self.run(f"set block_allocator_memory = '{quoted(memory)}'")
        if threads is not None:
            self.run(f"set threads = {int(threads)}")

    def close(self) -> None:
        """Drop everything."""
        self._connection.close()

    def seal(self, files: Sequence[Path], folders: Sequence[Path]) -> None:
        """From now on nothing but these files and folders can be reached, and no setting changed."""
        for name, paths in (("allowed_paths", files), ("allowed_directories", folders)):
            listed = ", ".join(f"'{quoted(str(path.absolute()))}'" for path in paths)
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

    def show(self, name: str, rows: pa.Table) -> None:
        """Let rows from Python be read as a table, where they are."""
        self.drop(name)
        self._connection.register(name, rows)
        self._shown[name] = rows

    def make(self, *names: str, folder: str = "steps") -> None:
        """Run steps in the order given."""
        for name in names:
            self.run(f"create or replace table {name} as {statement(folder, name)}")

    def drop(self, *names: str) -> None:
        """Remove the tables and views of these names, where there are any."""
        for name in self._shown.keys() & set(names):
            self._connection.unregister(name)
            del self._shown[name]
        found = self.rows(
            "select 'view', view_name from duckdb_views() where list_contains($1, view_name) "
            "union all select 'table', table_name from duckdb_tables() where list_contains($1, table_name)",
            list(names),
        )
        for kind, name in found:
            self.run(f"drop {kind} {name}")

    def swap(self, name: str, other: str) -> None:
        """Let the table `other` take the place of the input `name`."""
        self.drop(name)
        self.run(f"alter table {other} rename to {name}")

    def aside(self) -> Bench:
        """The same tables for another thread; what is shown to it is shown to nobody else."""
        other = Bench.__new__(Bench)
        other._connection, other._shown = self._connection.cursor(), {}
        return other

    def reader(self, query: str, rows: int) -> Any:
        """The answer of a query in Arrow batches of so many rows, in its order."""
        return self._connection.sql(query).to_arrow_reader(rows)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The whole answer of a query."""
        answer: list[tuple[Any, ...]] = self._connection.execute(query, list(parameters)).fetchall()
        return answer

    def records(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """The whole answer of a query, a dict for each row."""
        answer: list[dict[str, Any]] = self._connection.sql(query, params=list(parameters)).to_arrow_table().to_pylist()
        return answer

    def arrow(self, query: str) -> pa.Table:
        """The whole answer of a query as an Arrow table."""
        return self._connection.sql(query).to_arrow_table()

    def count(self, name: str) -> int:
        """How many rows a table has."""
        return int(self._connection.table(name).count("*").fetchall()[0][0])

    def columns(self, query: str) -> dict[str, Any]:
        """The whole answer of a query as numpy columns."""
        answer: dict[str, Any] = self._connection.execute(query).fetchnumpy()
        return answer

    def write(self, query: str, path: Path, form: str) -> None:
        """The answer of a query as a file: `parquet`, `csv` or `jsonl`."""
        self.run(f"copy ({query}) to '{quoted(str(path))}' ({_FORMS[form]})")

    def run(self, command: str) -> None:
        """Run one command."""
        self._connection.execute(command)


def quoted(text: str) -> str:
    """The inside of an SQL text."""
    return text.replace("'", "''")
