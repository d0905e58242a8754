"""The law finds in the sample exactly what was planted there, line by line; readers find the wrong files wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audit.kernel.inputs import BadInput, prepare
from audit.kernel.reconcile import Inputs, judge
from audit.kernel.ruleset import parse
from audit.sample import RULES, Delivery, hostile, write

TRUTH = ("vendor", "claim_id", "revision", "expected_state", "expected_reason")
FOUND = ("vendor", "claim_id", "revision", "state", "reason")


def judged(delivery: Delivery, folder: Path) -> Path:
    """Take a tenant's files as they are, judge them, and return the folder of the run."""
    folder.mkdir(parents=True)
    files = {
        "claims": list(delivery.claims.values()),
        "evidence": list(delivery.evidence.values()),
        "coverage": [delivery.coverage],
        "actors": [delivery.actors],
    }
    for kind, paths in files.items():
        taken = prepare(kind, paths, folder / f"{kind}.parquet", folder / f"refused-{kind}.csv")
        assert taken.refused == 0
    judge(Inputs(**{kind: [folder / f"{kind}.parquet"] for kind in files}), parse(RULES), folder / "run")
    return folder / "run"


def rows(path: Path, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Some columns of a Parquet file, as rows by the first three of them; rows alike in those stay in their order."""
    found = [tuple(row[name] for name in names) for row in pq.read_table(path, columns=list(names)).to_pylist()]
    return sorted(found, key=lambda row: row[:3])


@pytest.mark.parametrize(("seed", "chunk"), [(2, 700)])
def test_the_kernel_finds_every_planted_reason(tmp_path: Path, seed: int, chunk: int) -> None:
    made = write(tmp_path / "sample", seed=seed, claims=3_000, fmt="parquet", chunk=chunk)
    for delivery in made.tenants:
        run = judged(delivery, tmp_path / delivery.tenant)
        assert rows(run / "verdicts.parquet", FOUND) == rows(delivery.truth, TRUTH)


def test_the_kernel_finds_the_work_that_was_not_claimed(tmp_path: Path) -> None:
    names = ("system", "event_id")
    for delivery in write(tmp_path / "sample", claims=3_000, fmt="parquet").tenants:
        run = judged(delivery, tmp_path / delivery.tenant)
        assert rows(run / "unclaimed.parquet", names) == rows(delivery.unclaimed, names)


def test_csv_is_judged_like_parquet(tmp_path: Path) -> None:
    names = (*FOUND, "rank", "event_id", "repeat_of", "undone_by", "tainted_by")
    found = []
    for fmt in ("csv", "parquet"):
        delivery = write(tmp_path / fmt, claims=1_000, tenants=1, fmt=fmt).tenants[0]
        found.append(rows(judged(delivery, tmp_path / f"run-{fmt}") / "verdicts.parquet", names))
    assert found[0] == found[1]


def test_wrong_files_are_refused_as_they_say(tmp_path: Path) -> None:
    for number, file in enumerate(hostile(tmp_path / "hostile")):
        out, refused = tmp_path / f"{number}.parquet", tmp_path / f"{number}.csv"
        if file.refused is None:
            with pytest.raises(BadInput, match=file.path.name):
                prepare("claims", [file.path], out, refused)
        else:
            taken = prepare("claims", [file.path], out, refused)
            assert (taken.accepted, taken.refused) == (file.good, file.refused), file.path.name
