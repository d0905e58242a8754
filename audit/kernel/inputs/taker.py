"""One taking under way: the counts, the span of time, the grades, the sheet that good rows go to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.kernel.inputs import fields, instants
from audit.kernel.inputs.canonical import Fingerprints, Pile, Sheet, schema
from audit.kernel.inputs.faults import BadInput, Fault, Noted, Refusals, shown
from audit.kernel.inputs.fields import Wrong
from audit.kernel.inputs.rowrules import SYSTEMS, charge, constant, disagreements, grades_of
from audit.kernel.inputs.rows import Rows
from audit.kernel.inputs.taken import Taken
from audit.kernel.terms import CHARGED, TAKEN, Column

CHARGE: Final = "charge"
"""A plain decimal that claims and counts may give instead of `charge_micros`."""
_SHOWN: Final = 8

Faulty = dict[str, list[Wrong]]


class Taker:
    """Takes file after file of one kind onto one sheet."""

    def __init__(
        self,
        kind: str,
        sheet: Sheet | Pile,
        refusals: Refusals | Noted,
        *,
        time_zone: str | None,
        constants: Mapping[str, str],
        grades: dict[str, str],
        called: Mapping[str, str],
    ) -> None:
        """Take onto a sheet; refusals call a column what `called` says, else by its canonical name."""
        self._kind, self._columns, self._schema = kind, TAKEN[kind], schema(kind)
        self._refusals, self._time_zone, self._constants, self._grades = refusals, time_zone, constants, grades
        self._called = called
        self._bounds = instants.OPEN if kind == "coverage" else instants.USUAL
        self._clock = next((c.name for c in self._columns if c.kind == "instant"), None)
        self._sheet, self._fingerprints = sheet, Fingerprints()
        self._received = self._accepted = 0
        self._span: list[datetime] = []
        self._ignored: dict[str, None] = {}

    def file(self, file: str, batches: Iterable[Rows]) -> None:
        """Take the rows of one file."""
        try:
            for rows in batches:
                if rows.fixed:
                    self._check_columns(file, list(rows.columns))
                self._batch(file, rows)
        except MemoryError:
            raise BadInput(file, "unpacks to more than there is room for: split it into smaller files") from None

    def close(self) -> Taken:
        """Finish the sheet and say what became of the rows."""
        self._sheet.close()
        return Taken(
            received=self._received,
            accepted=self._accepted,
            refused=self._received - self._accepted,
            first_at=min(self._span, default=None),
            last_at=max(self._span, default=None),
            ignored=tuple(self._ignored),
        )

    def abandon(self) -> None:
        """Stop, whatever the reason."""
        self._sheet.abandon()

    def _check_columns(self, file: str, names: list[str]) -> None:
        """Refuse a file without the columns that every row needs."""
        known = {*names, *self._constants}
        missing = [column.name for column in self._columns if column.required and column.name not in known]
        if not missing:
            return
        if not known & {column.name for column in self._columns}:
            what = f"has no header that names columns of {self._kind}: the first line must name them, at least"
            raise BadInput(file, f"{what} {', '.join(missing)}")
        found = ", ".join(shown(name) for name in names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        raise BadInput(file, f"has no column {', '.join(missing)} (it has {found}): add it or rename one")

    def _batch(self, file: str, rows: Rows) -> None:
        made, faulty = self._converted(rows)
        good = self._good(rows, made, faulty)
        if len(self._grades) > SYSTEMS:
            raise BadInput(file, f"names more than {SYSTEMS:,} systems: check which column is the system")
        self._received += rows.count
        self._accepted += int(good.sum())
        self._refuse(file, rows, faulty)
        if good.any():
            self._write(file, made, rows, good)

    def _converted(self, rows: Rows) -> tuple[dict[str, Any], Faulty]:
        """Every column in its canonical type, and what will not go."""
        made: dict[str, Any] = {}
        faulty: Faulty = {}
        for column in self._columns:
            made[column.name], faulty[column.name] = self._column(column, rows)
        if self._kind in CHARGED and CHARGE in rows.columns:
            made["charge_micros"], faulty[CHARGE] = charge(made["charge_micros"], rows.columns[CHARGE])
        known = {*made, CHARGE} if self._kind in CHARGED else set(made)
        self._ignored.update(dict.fromkeys(name for name in rows.columns if name not in known))
        return made, faulty

    def _column(self, column: Column, rows: Rows) -> fields.Found:
        count = len(rows.lines)
        values = rows.columns.get(column.name)
        if column.name in self._constants:
            values, wrong = constant(values, self._constants[column.name], count)
        elif values is None and column.required:
            values, wrong = pa.nulls(count, pa.string()), []
        elif values is None:
            return fields.absent(column, count), []
        else:
            wrong = []
        answer, more = fields.convert(column, values, self._time_zone, self._bounds)
        return answer, wrong + more

    def _good(self, rows: Rows, made: dict[str, Any], faulty: Faulty) -> npt.NDArray[np.bool_]:
        """Which rows have no fault; faults between columns and of grades are added to the others."""
        good = np.ones(len(rows.lines), bool)
        for at, _ in rows.faults:
            good[at] = False
        for name, wrong in disagreements(self._kind, made):
            faulty.setdefault(name, []).extend(wrong)
        for wrong in faulty.values():
            good[[item.at for item in wrong]] = False
        if "grade" in made:
            wrong = grades_of(made, good, self._grades)
            faulty["grade"] += wrong
            good[[item.at for item in wrong]] = False
        return good

    def _refuse(self, file: str, rows: Rows, faulty: Faulty) -> None:
        found = [fault for _, fault in rows.faults] + list(rows.broken)
        told = {(at, fault.column) for at, fault in rows.faults}
        found += [
            Fault(int(rows.lines[item.at]), self._called.get(name, name), shown(item.value), item.reason)
            for name, wrong in faulty.items()
            for item in wrong
            if (item.at, self._called.get(name, name)) not in told
        ]
        found.sort(key=lambda fault: fault.line)
        self._refusals.add(file, found)

    def _write(self, file: str, made: dict[str, Any], rows: Rows, good: npt.NDArray[np.bool_]) -> None:
        columns = [made[column.name] for column in self._columns]
        lines = rows.lines
        if not good.all():
            mask = pa.array(good)
            columns, lines = [column.filter(mask) for column in columns], lines[good]
        if self._clock:
            self._span += pc.min_max(columns[self._schema.names.index(self._clock)]).as_py().values()
            self._span = [min(self._span), max(self._span)]
        content = self._fingerprints.of(columns)
        arrays = [*columns, pa.array(lines), pa.repeat(pa.scalar(file), len(lines)), content]
        self._sheet.add(pa.Table.from_arrays(arrays, schema=self._schema))
