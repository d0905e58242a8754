"""Lines of a run, read from Parquet a page at a time: filtered, sorted and counted without loading them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, overload

from audit.models import Run
from audit.vault import files
from audit.vault.bench import reading

ORDER = ("vendor", "claim_id", "revision", "row")
COLUMNS = (
    *("vendor", "claim_id", "revision", "row", "state", "reason", "class", "rank", "event_system", "event_id"),
    *("repeat_of", "undone_by", "tainted_by", "provisional", "units", "charge_micros", "currency"),
    *("agent_id", "action", "target", "occurred_at", "session_id", "parent_id", "environment", "status", "withdrawn"),
    *("tokens_input", "tokens_cached", "tokens_output", "effect", "batch", "line"),
)
EXACT = ("vendor", "claim_id", "state", "reason", "agent_id", "action", "target", "session_id", "environment")
REFERS = ("repeat_of", "event_id", "undone_by")
IDS = ("claim_id", "session_id", "event_id")
FILTERS = (*EXACT, "class", "currency", *REFERS, "provisional", "under", "from", "until", "q")
HEAD = 1_000  # lines whose places are found together: where there are fewer, that has counted them

Line = dict[str, Any]


@dataclass(frozen=True)
class Lines(Sequence[Line]):
    """A lazy sequence over a Parquet file of lines in the order of identity. Slices read what they need.

    filters: names of FILTERS → text. `q` finds an id (of the columns `ids`) or a part of a target. order: column
    names, `-` for descending; the place of a line in the file comes last, so that the order is total. named: the
    columns that a line has, all of them if none is named.
    """

    identity: ClassVar[tuple[str, ...]] = ORDER
    columns: ClassVar[tuple[str, ...]] = COLUMNS
    known: ClassVar[tuple[str, ...]] = FILTERS
    ids: ClassVar[tuple[str, ...]] = IDS
    place: ClassVar[tuple[str, ...]] = ("file_row_number",)
    path: Path
    filters: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def filter(self, **filters: str) -> Lines:
        """The same lines, further narrowed."""
        return replace(self, filters={**self.filters, **filters})

    def order_by(self, *names: str) -> Lines:
        """The same lines in another order; names that are no column are ignored."""
        return replace(self, order=tuple(name for name in names if name.lstrip("-") in self.columns))

    def only(self, *names: str) -> Lines:
        """The same lines with these columns alone."""
        return replace(self, named=names)

    def __len__(self) -> int:
        return self.count

    @cached_property
    def count(self) -> int:  # type: ignore[override]  # a lazy list, as Django's paginator wants it
        """How many lines the filters let through."""
        if self.filters.get("q"):
            return self._head[1]
        if self.filters and len(self._head[0]) < HEAD:
            return len(self._head[0])
        query, given = self._passing(())
        return int(self._answer(f"select count(*) from ({query})", given)[0][0])

    @cached_property
    def _head(self) -> tuple[list[tuple[Any, ...]], int]:
        """The places of the first lines, HEAD at most; and how many there are, which looking for a text tells too."""
        if not self.filters.get("q"):
            return self._places(0, HEAD), -1
        query, given = self._passing(name.lstrip("-") for name in self.order)
        rows = self._answer(
            f"with passing as materialized ({query}) select {', '.join(self.place)}, (select count(*) from passing) "
            f"from passing order by {self._ordering()} limit ?",
            [*given, HEAD],
        )
        return [row[:-1] for row in rows], rows[0][-1] if rows else 0

    def ask(self, what: str, tail: str = "") -> list[tuple[Any, ...]]:
        """An expression over the lines that the filters let through; `tail`: how the answer is ordered or grouped."""
        (where, parameters), (relation, given) = self.condition(), self.relation()
        return self._answer(f"select {what} from {relation} where {where} {tail}", [*given, *parameters])

    @overload
    def __getitem__(self, key: int) -> Line: ...
    @overload
    def __getitem__(self, key: slice) -> list[Line]: ...
    def __getitem__(self, key: int | slice) -> Line | list[Line]:
        if isinstance(key, int):
            found = self.read(key, 1)
            if not found:
                raise IndexError(key)
            return found[0]
        start = key.start or 0
        stop = len(self) if key.stop is None else key.stop
        return self.read(start, max(0, stop - start))

    def __iter__(self) -> Iterator[Line]:
        step = 10_000
        for start in range(0, len(self), step):
            yield from self.read(start, step)

    def read(self, start: int, count: int) -> list[Line]:
        """`count` lines from the place `start`."""
        head = self._head[0] if "_head" in vars(self) else None
        if head is not None and (len(head) < HEAD or start + count <= HEAD):
            return self._whole(head[start : start + count])
        return self._whole(self._places(start, count))

    def after(self, place: Sequence[Any] | None, count: int) -> list[Line]:
        """`count` lines after the identity `place` (values of ORDER) in the order of identity; for cursors."""
        where, parameters = self.condition()
        if place is not None:
            where = f"{where} and ({', '.join(ORDER)}) > (?, ?, ?, ?)"
            parameters = [*parameters, *place]
        return self._fetch(f"where {where} order by {', '.join(self.place)} limit ?", [*parameters, count])

    def nearest(self, instant: datetime, count: int) -> list[Line]:
        """`count` lines nearest in time to an instant, in the order of time."""
        where, parameters = self.condition()
        distance = "abs(epoch_us(occurred_at) - epoch_us(?::timestamptz))"
        tail = f"where {where} order by {distance}, {', '.join(self.place)} limit ?"
        found = self._fetch(tail, [*parameters, instant, count])
        return sorted(found, key=lambda line: (line["occurred_at"], line["claim_id"], line["revision"], line["row"]))

    def before(self, place: Sequence[Any], count: int) -> list[Line]:
        """The `count` lines just before the identity `place`, in the order of identity; for cursors."""
        where, parameters = self.condition()
        backward = ", ".join(f"{name} desc" for name in self.place)
        tail = f"where {where} and ({', '.join(ORDER)}) < (?, ?, ?, ?) order by {backward} limit ?"
        return self._fetch(tail, [*parameters, *place, count])[::-1]

    def _fetch(self, tail: str, parameters: list[Any]) -> list[Line]:
        """First the places of the lines, from the columns that are asked about alone; then the whole lines there."""
        relation, given = self.relation()
        return self._whole(
            self._answer(f"select {', '.join(self.place)} from {relation} {tail}", [*given, *parameters])
        )

    def _places(self, start: int, count: int) -> list[tuple[Any, ...]]:
        query, given = self._passing(name.lstrip("-") for name in self.order)
        tail = f"order by {self._ordering()} limit ? offset ?"
        return self._answer(f"select {', '.join(self.place)} from ({query}) {tail}", [*given, count, start])

    def _whole(self, places: list[tuple[Any, ...]]) -> list[Line]:
        """The lines at these places, in their order."""
        if not places:
            return []
        (relation, given), place = self.relation(), ", ".join(self.place)
        columns = self.named or self.columns
        names = ", ".join(f'"{name}"' for name in columns)
        wanted = ", ".join(str(found) if len(found) > 1 else str(found[0]) for found in places)
        rows = self._answer(f"select {place}, {names} from {relation} where ({place}) in ({wanted})", given)
        width = len(self.place)
        lines = {row[:width]: dict(zip(columns, row[width:], strict=True)) for row in rows}
        return [lines[found] for found in places]

    def _passing(self, names: Iterable[str]) -> tuple[str, list[Any]]:
        """The lines that the filters let through, with their places and these columns, as SQL with its parameters.

        A text is looked for in one column at a time: only so the filters of the file tell where an id cannot be.
        """
        text, (relation, given) = self.filters.get("q"), self.relation()
        columns = ", ".join([*self.place, *(f'"{name}"' for name in dict.fromkeys(names))])
        where, parameters = self.condition()
        if not text:
            return f"select {columns} from {relation} where {where}", [*given, *parameters]
        where, parameters = self.filter(q="").condition()
        ways = [*(f"{name} = ?" for name in self.ids), "contains(target, ?)"]
        queries = [f"select {columns} from {relation} where {where} and {way}" for way in ways]
        return " union ".join(queries), [*given, *parameters, text] * len(ways)

    @staticmethod
    def _answer(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        with reading() as connection:
            return connection.execute(query, parameters).fetchall()

    def _ordering(self) -> str:
        named = [f'"{name.lstrip("-")}" {"desc" if name.startswith("-") else "asc"} nulls last' for name in self.order]
        return ", ".join([*named, *self.place])

    def relation(self) -> tuple[str, list[Any]]:
        """Where the lines are read from, as SQL with its parameters."""
        return "read_parquet(?, file_row_number = true)", [str(self.path)]

    def condition(self) -> tuple[str, list[Any]]:
        """What the filters ask, as SQL with its parameters."""
        return where(self.filters, self.known, self.ids)


def where(
    filters: Mapping[str, str], known: Sequence[str] = FILTERS, ids: Sequence[str] = IDS
) -> tuple[str, list[Any]]:
    """The condition and its parameters for filters by name; unknown names and empty values say nothing."""
    parts: list[str] = ["true"]
    parameters: list[Any] = []
    for name, value in filters.items():
        if value in (None, "") or name not in known:
            continue
        condition, given = _condition(name, value, ids)
        parts.append(condition)
        parameters += given
    return " and ".join(parts), parameters


def _condition(name: str, value: str, ids: Sequence[str]) -> tuple[str, list[Any]]:
    if name == "q":
        ways = [*(f"{column} = ?" for column in ids), "contains(target, ?)"]
        return f"({' or '.join(ways)})", [value] * len(ways)
    if name == "from":
        return "occurred_at >= try_cast(? as timestamptz)", [value]
    if name == "until":
        return "occurred_at < try_cast(? as timestamptz)", [value]
    if name == "under":  # as coverage names targets
        return ("starts_with(target, ?)", [value]) if value.endswith("/") else ("target = ?", [value])
    if name == "provisional":
        return "provisional = ?", [value.lower() in ("1", "true", "yes")]
    return f'"{name}" = ?', [value]


def of(run: Run, filters: Mapping[str, str] | None = None) -> Lines:
    """The lines of a finished run. Raises FileNotFoundError while there are none."""
    if "lines" not in run.files:
        raise FileNotFoundError(f"{run} has no lines yet")
    return Lines(files.local(run.files["lines"]), dict(filters or {}))


def newest_first() -> Iterable[Run]:
    """The finished runs in which a claim is looked for that names none."""
    return Run.objects.filter(state=Run.State.DONE).order_by("-number")[:50]


def latest(vendor: str, claim_id: str) -> Run | None:
    """The newest finished run that judged a claim."""
    for run in newest_first():
        if of(run, {"vendor": vendor, "claim_id": claim_id}).count:
            return run
    return None
