"""Bytes gone wrong: whatever a file holds, intake takes it or says why not. AWU_FUZZ_CASES tries more of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit.intake import cell
from audit.intake.walls import Limits
from tests.intake.fuzz import fuzzer

CASES = int(os.environ.get("AWU_FUZZ_CASES", "400"))
FIRST = int(os.environ.get("AWU_FUZZ_SEED", "1"))
AT_ONCE = 100
PATIENT = Limits(seconds=240)


@pytest.mark.parametrize("first", range(FIRST, FIRST + CASES, AT_ONCE))
def test_whatever_is_wrong_with_its_bytes_a_file_is_taken_or_refused(tmp_path: Path, first: int) -> None:
    count = min(AT_ONCE, FIRST + CASES - first)
    assert cell.run(fuzzer.tries, {"first": first, "count": count}, tmp_path, "a case", PATIENT) == []


@pytest.mark.parametrize("path", sorted(fuzzer.CORPUS.iterdir()), ids=lambda path: path.name)
def test_what_once_failed_is_taken_or_refused(tmp_path: Path, path: Path) -> None:
    name = path.name.partition("-")[2]
    assert cell.run(fuzzer.replay, {"path": str(path), "name": name}, tmp_path, name, PATIENT) == ""
