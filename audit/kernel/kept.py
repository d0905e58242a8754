"""What a run has found so far: of each claim the reason, and in files, by ranges, what will leave."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from audit.kernel.bench import Bench, statement
from audit.kernel.closing import Tainted
from audit.kernel.dealing import Dealt
from audit.kernel.hearing import Shared, Told, spoilt
from audit.kernel.ranges import Ranges
from audit.kernel.records import telling
from audit.kernel.records.reading import whole
from audit.kernel.records.reasons import REASONS
from audit.kernel.records.texts import Flags, Numbers
from audit.kernel.records.unclaimed import unclaimed
from audit.kernel.ruleset import Rule
from audit.kernel.terms import Reason

BATCH: Final = 250_000
NOT_CURRENT: Final = 255
"""In the place of a reason: a row that another one of its id stands for."""
Codes = NDArray[np.uint8]
"""Places in the list of all reasons."""
_ALL: Final = list(Reason)
_ANCESTORS: Final = """
select step.claim, claims.claim_id
from step
join claims on claims.claim = step.ancestor
order by step.claim
"""
_TAINTABLE: Final = (Reason.SUPPORTED, Reason.VENDOR_ATTESTED, Reason.AGGREGATE)


class Kept:
    """What is kept of slices that were judged."""

    def __init__(self, folder: Path, claims: int, ranges: Ranges) -> None:
        self.ranges = ranges
        self._said, self._said_again = (
            Dealt(folder / name, ranges.parts, telling.SAID) for name in ("said", "said_again")
        )
        self._words, self._words_again = (
            Dealt(folder / name, ranges.parts, telling.TESTIMONY) for name in ("words", "words_again")
        )
        self._reason = np.full(claims, NOT_CURRENT, np.uint8)
        self._contested = np.zeros(claims, np.bool_)
        self._spoiling: list[Numbers] = []
        self._unclaimed: list[pa.Table] = []
        self._unclaimed_again: list[pa.Table] = []
        self._gone: list[Numbers] = []

    def screen(self, table: Bench) -> None:
        """Put by the claim rows that are not heard."""
        for batch in table.reader(statement("steps", "screened"), BATCH):
            rows = pa.Table.from_batches([batch])
            said = telling.screened(rows)
            current = np.asarray(whole(rows["is_current"]))
            self._reason[np.asarray(whole(rows["claim"]))[current]] = _codes(said)[current]
            self._said.add(said, self.ranges.of(said))

    def put_by(self, told: Told, shared: Shared, *, is_again: bool) -> None:
        """Put by what the law says of a slice, or, again, of some of its records."""
        rows, given, answer = told
        said = telling.said(rows, answer, shared.systems)
        words, claim = telling.testimony(rows, answer)
        part = self.ranges.of(said)
        (self._said_again if is_again else self._said).add(said, part)
        (self._words_again if is_again else self._words).add(words, part[claim])
        self._reason[given.claims.number] = _codes(said)
        self._contested[given.claims.number] = telling.contested(given)
        (self._unclaimed_again if is_again else self._unclaimed).append(unclaimed(rows, given, answer, shared.actions))
        self._spoiling.append(telling.spoiling(given, answer, shared.rule.taint_from))

    def forget(self, records: Numbers) -> None:
        """What was put by of these records is replaced by what is put by again."""
        self._gone.append(records)

    def close(self) -> None:
        """All is put by."""
        self._gone = [np.unique(np.concatenate(self._gone))] if self._gone else []

    def said(self, part: int) -> pa.Table:
        """What is said of the claim rows of a range, taint aside."""
        rows = self._said.part(part)
        if self._gone:
            is_heard = _is_one_of(_codes(rows), REASONS)
            rows = rows.filter(pa.array(~(is_heard & self._is_gone(rows))))
        return _together(rows, self._said_again.part(part))

    def words(self, part: int) -> pa.Table:
        """The words on the claims of a range."""
        rows = self._words.part(part)
        if self._gone:
            rows = rows.filter(pa.array(~self._is_gone(rows)))
        return _together(rows, self._words_again.part(part))

    def unclaimed(self) -> pa.Table:
        """The unclaimed events of all slices."""
        rows = pa.concat_tables(self._unclaimed)
        if self._gone:
            rows = rows.filter(pa.array(~self._is_gone(rows)))
        return pa.concat_tables([rows, *self._unclaimed_again])

    def _is_gone(self, rows: pa.Table) -> Flags:
        return np.isin(np.asarray(whole(rows["record"])), self._gone[0])

    def doomed(self, table: Bench, rule: Rule) -> Numbers:
        """Who walks last: heard claims with an ancestor whose reason, as far as it is known yet, spoils."""
        screened = tuple(reason for reason in rule.taint_from if reason not in REASONS)
        spoilers = np.concatenate([self._claims_of(screened), *self._spoiling])
        hit, _ = spoilt(table, spoilers, lambda nodes: np.zeros(len(nodes), np.bool_), "tainted" in rule.taint_from)
        return hit[_is_one_of(self._reason[hit], REASONS)]

    def _claims_of(self, reasons: tuple[str, ...]) -> Numbers:
        """The claims of some reasons, sought block by block, for there may be very many."""
        found = [
            start + np.flatnonzero(_is_one_of(self._reason[start : start + BATCH], reasons))
            for start in range(0, len(self._reason), BATCH)
        ]
        return np.concatenate([np.array([], np.int64), *found])

    def matters(self, doomed: Numbers) -> bool:
        """Whether it can matter to anybody that these claims walk last."""
        return bool(self._contested[doomed].any())

    def tainted(self, table: Bench, rule: Rule) -> Tainted:
        """Who is tainted by whom, over the reasons before taint."""
        spoilers = self._claims_of(rule.taint_from)
        if not len(spoilers):
            return Tainted(spoilers, pa.array([], pa.string()))

        def is_open(claims: Numbers) -> Flags:
            return _is_one_of(self._reason[claims], _TAINTABLE)

        claim, ancestor = spoilt(table, spoilers, is_open, "tainted" in rule.taint_from)
        chosen = is_open(claim)
        table.show("step", pa.table({"claim": claim[chosen], "ancestor": ancestor[chosen]}))
        found = table.arrow(_ANCESTORS)
        return Tainted(np.asarray(whole(found["claim"])), whole(found["claim_id"]))


def _together(rows: pa.Table, again: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, again]).combine_chunks() if again.num_rows else rows


def _codes(said: pa.Table) -> Codes:
    return np.asarray(whole(said["reason"]).indices).astype(np.uint8)


def _is_one_of(codes: Codes, reasons: tuple[str, ...]) -> Flags:
    """Whether each code stands for one of some reasons."""
    known = np.zeros(NOT_CURRENT + 1, np.bool_)
    known[[_ALL.index(Reason(reason)) for reason in reasons]] = True
    answer: Flags = known[codes]
    return answer
