"""Previews: the first rows of a file as received and as mapped, what was guessed and why, what would be refused."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from audit.intake.formats import detect
from audit.intake.guesses import Reasons, guess, missing
from audit.intake.jsonlines import at, paths
from audit.intake.mapped import mapped
from audit.intake.mapping import Mapping
from audit.intake.source import NO_ROWS, opened, raw
from audit.kernel import effects, inputs
from audit.kernel.inputs import BadInput, Rows, Taken
from audit.kernel.inputs.rows import COLUMNS
from audit.kernel.terms import TAKEN

LOOKED_AT: Final = 1_000
"""How many rows of a file a preview tries."""
LOOKED_INTO: Final = 64 << 20
"""How many bytes of a file a preview reads to tell its encoding."""
SAMPLE: Final = 200
_REFUSALS: Final = 200
_SHOWN: Final = 1_000
"""How many characters of a value are shown."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would become, before anything is taken.

    `raw` are the first rows as received (column -> text) and `lines` where they begin; `mapped` the first good ones as
    canonical text (field -> text, with `line`). `looked_at` rows were tried, the whole file if `whole`; of them
    `taken` counts the fate and `refusals` says the reasons. `missing` are needed fields that nothing gives yet;
    `problem` says in a sentence why the file or the mapping cannot be taken as it is, or is empty.
    """

    format: str
    columns: list[str]
    lines: list[int]
    raw: list[dict[str, str]]
    mapping: Mapping
    reasons: Reasons
    missing: list[str]
    looked_at: int
    whole: bool
    taken: Taken = field(default_factory=Taken)
    mapped: list[dict[str, str]] = field(default_factory=list)
    refusals: list[dict[str, str]] = field(default_factory=list)
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        return {**asdict(self), "mapping": self.mapping.to_json(), "taken": self.taken.to_json()}

    @classmethod
    def from_json(cls, value: Dictionary[str, Any]) -> Preview:
        """What `to_json` wrote."""
        made = {"mapping": Mapping.from_json(value["mapping"]), "taken": Taken.from_json(value["taken"])}
        return cls(**{**value, **made})


def preview(
    path: Path,
    file_name: str,
    kind: str,
    mapping: Mapping | None,
    *,
    rows: int = 20,
    context: Dictionary[str, str] | None = None,
) -> Preview:
    """Try the first rows of a file; without a mapping, with one that is guessed.

    `rows` says how many are shown, `context` what the source says of every row (as `constants` of `take_file`).
    Raises BadInput for a file that cannot be read at all.
    """
    context = context or {}
    form = detect(path, file_name, most=LOOKED_INTO)
    batches, whole = _first(path, file_name, form, mapping.wanted() if mapping else ())
    if not sum(batch.count for batch in batches):
        raise BadInput(file_name, NO_ROWS)
    columns, sample, lines = _sample(batches)
    guessed, reasons = guess(kind, columns, sample)
    if mapping is None:
        mapping, reasons = _without(guessed, context), {n: why for n, why in reasons.items() if n not in context}
        batches, whole = _first(path, file_name, form, mapping.wanted())
    shown = Preview(
        format=form.words,
        columns=columns,
        lines=lines[:rows],
        raw=[{name: text[:_SHOWN] for name, text in row.items()} for row in sample[:rows]],
        mapping=mapping,
        reasons=reasons,
        missing=missing(kind, mapping, tuple(context)),
        looked_at=sum(batch.count for batch in batches),
        whole=whole,
    )
    return _tried(shown, kind, file_name, batches, context, rows)


def _without(mapping: Mapping, context: Dictionary[str, str]) -> Mapping:
    """A guess less what the source says itself and the file has under another name."""
    kept = {name: column for name, column in mapping.columns.items() if name not in context or name == column}
    return Mapping.from_json({**mapping.to_json(), "columns": kept})


def _first(path: Path, file: str, form: Any, wanted: Iterable[str]) -> tuple[list[Rows], bool]:
    """The first rows of a file, and whether these are all."""
    found: list[Rows] = []
    count = 0
    with opened(path, file, form, wanted, batch=LOOKED_AT + 1) as batches:
        for rows in batches:
            part = _cut(rows, LOOKED_AT - count)
            found.append(part)
            count += part.count
            if part.count < rows.count:
                return found, False
    return found, True


def _cut(rows: Rows, most: int) -> Rows:
    """At most so many rows of a batch, broken ones among them, in the order of their lines."""
    if rows.count <= most:
        return rows
    lines = sorted([*map(int, rows.lines), *(fault.line for fault in rows.broken)])
    last = lines[most] if most < len(lines) else lines[-1] + 1
    keep = int(rows.lines.searchsorted(last))
    columns = {name: values[:keep] for name, values in rows.columns.items()}
    broken = tuple(fault for fault in rows.broken if fault.line < last)
    return Rows(columns, rows.lines[:keep], broken, (), rows.fixed)


def _sample(batches: list[Rows]) -> tuple[list[str], list[dict[str, str]], list[int]]:
    """The columns of a file, paths into objects too, its first rows as text, and their lines."""
    sample: list[dict[str, str]] = []
    lines: list[int] = []
    columns: dict[str, None] = {}
    for rows in batches:
        columns.update(dict.fromkeys(rows.columns))
        stop = min(len(rows.lines), SAMPLE - len(sample))
        sample += raw(rows, 0, stop)
        lines += map(int, rows.lines[:stop])
    for row in sample:
        row.update(_inner(row))
        columns.update(dict.fromkeys(row))
    return list(columns)[:COLUMNS], sample, lines


def _inner(row: dict[str, str]) -> dict[str, str]:
    """The values inside of columns that hold JSON objects, by their paths."""
    found: dict[str, str] = {}
    for name, text in row.items():
        if text[:1] == "{" and text[-1:] == "}" and len(found) < COLUMNS:
            try:
                value = effects.parse(text)
            except ValueError:
                continue
            found |= {f"{name}.{path}": _plain(at(value, path)) for path in paths(value)}
    return found


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else effects.compact(value)


def _tried(
    shown: Preview, kind: str, file: str, batches: list[Rows], context: Dictionary[str, str], rows: int
) -> Preview:
    """The preview with what the rows would become."""
    problems = shown.mapping.problems(kind)
    if shown.missing or problems:
        needed = f"choose a column or a value for {', '.join(shown.missing)}"
        return _with(shown, problem=problems[0] if problems else needed)
    with tempfile.TemporaryDirectory() as folder:
        out, refused = Path(folder) / "rows.parquet", Path(folder) / "refused.csv"
        source: Iterator[Rows] = mapped(kind, batches, shown.mapping, file)
        options = {"file": file, "time_zone": shown.mapping.time_zone, "called": shown.mapping.columns}
        try:
            taken = inputs.take(kind, source, out, refused, constants=context, **options)  # type: ignore[arg-type]
        except BadInput as error:
            return _with(shown, problem=error.what)
        first = pq.read_table(out).slice(0, rows)
        with refused.open(newline="", encoding="utf-8") as handle:
            refusals = [row for row, _ in zip(csv.DictReader(handle), range(_REFUSALS), strict=False)]
    names = ["line", *(column.name for column in TAKEN[kind])]
    good = [{name: _text(row[name])[:_SHOWN] for name in names} for row in first.to_pylist()]
    return _with(shown, taken=taken, mapped=good, refusals=refusals)


def _with(shown: Preview, **changes: Any) -> Preview:
    return Preview(**{**{name: getattr(shown, name) for name in Preview.__dataclass_fields__}, **changes})


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)
