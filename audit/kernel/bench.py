"""The bench: an embedded DuckDB on which the steps of the law are laid out, one table per SQL file.

The order of the steps is `STEPS`, the table of contents. A step reads tables that are already there and makes the one
that its file is named after; nothing else happens in it. A check is a query that must return nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from audit.kernel import lineage, pairing, terms
from audit.kernel.ruleset import Rule

SQL: Final = Path(__file__).parent / "sql"

OPENING: Final = (
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
PAIRING: Final = ("claim", "event", "by_record", "by_reference", "meeting", "pair")
HEARING: Final = ("contest", "match", "word", "watch", "silence", "tally", "decision")
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
    "settled",
    "unanswered",
    "best_witness",
    "unclaimed",
)
CLOSING: Final = ("first_reason", "untainted", "verdict", "testimony", "totals", "leaf")
STEPS: Final = OPENING + PAIRING + HEARING + SETTLING + CLOSING
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
RULE_LISTS: Final = (
    "counted_actions",
    "production_environments",
    "completed_statuses",
    "registered_agents",
    "independent_grades",
    "ignore_fields",
    "taint_from",
)
_TYPES: Final = {"integer": "bigint", "boolean": "boolean", "instant": "timestamptz"}
_KNOBS: Final = {
    "TimeZone": "UTC",
    "enable_progress_bar": False,
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
    for folder, names in (("steps", STEPS), ("checks", SLICE_CHECKS + RUN_CHECKS)):
        for name in names:
            digest.update(f"{folder}/{name}\n{statement(folder, name)}\n".encode())
    for module in (pairing, lineage):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


class Bench:
    """One DuckDB connection with the inputs and the rule laid out on it."""

    def __init__(self, folder: Path, *, threads: int | None = None, memory: str = "2GB") -> None:
        self._connection = duckdb.connect(":memory:", config={**_KNOBS, "temp_directory": str(folder)})
        self._run(f"set memory_limit = '{_quoted(memory)}'")
        if threads is not None:
            self._run(f"set threads = {int(threads)}")
        self.is_first_slice = True

    def close(self) -> None:
        """Drop everything."""
        self._connection.close()

    def attach(self, kind: str, paths: Sequence[Path]) -> None:
        """Lay out the canonical Parquet files of one kind, rows numbered in received order."""
        number = {"claims": "claim", "evidence": "event"}.get(kind, "line")
        columns = [column.name for column in terms.INPUTS[kind]]
        if not paths:
            nothing = ", ".join(f"null::{_type(column.kind)} as {column.name}" for column in terms.INPUTS[kind])
            self._run(f"create view {kind} as select {nothing}, null::bigint as {number} where false")
            return
        files = ", ".join(f"'{_quoted(str(path))}'" for path in paths)
        counts = self._all(f"select num_rows from parquet_file_metadata([{files}])")
        starts = [0]
        for (rows,) in counts[:-1]:
            starts.append(starts[-1] + rows)
        listed = ", ".join(columns)
        self._run(
            f"create view {kind} as select {listed}, file_row_number + {starts}[file_index + 1] as {number} "
            f"from read_parquet([{files}], file_row_number = true)"
        )

    def lay_rule(self, rule: Rule) -> None:
        """The one-row table `rule`: every name of the law; `ignore_keys` are the ignored fields as JSON text."""
        values = asdict(rule)
        columns = []
        for name, value in values.items():
            kind = "varchar[]" if name in RULE_LISTS else None
            if isinstance(value, Mapping):
                kind, value = "map(varchar, bigint)", {"key": list(value), "value": list(value.values())}
                columns.append((f"map($k_{name}::varchar[], $v_{name}::bigint[]) as {name}", name, value))
                continue
            columns.append((f"${name}{'::' + kind if kind else ''} as {name}", name, value))
        self._lay(columns, rule)

    def _lay(self, columns: list[tuple[str, str, Any]], rule: Rule) -> None:
        parameters: dict[str, Any] = {"ignore_keys": [pa_json(field) for field in rule.ignore_fields]}
        for _, name, value in columns:
            if isinstance(value, dict):
                parameters |= {f"k_{name}": value["key"], f"v_{name}": value["value"]}
            else:
                parameters[name] = list(value) if isinstance(value, tuple) else value
        select = ", ".join(text for text, _, _ in columns)
        self._connection.execute(
            f"create table rule as select {select}, $ignore_keys::varchar[] as ignore_keys", parameters
        )
