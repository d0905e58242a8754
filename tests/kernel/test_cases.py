"""Every story under `cases/` through the twin and through the kernel.

A story is a folder that an auditor can read and add to: the inputs as CSV with the columns it needs, `rules.json`
with what differs from the defaults, and the verdicts that follow from the law, worked out by hand. Of a verdict
only the columns that the story names are compared; an event in `undone_by` is written `system:event_id`.
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.kernel.terms import INPUTS, MEANINGS, VERDICT_COLUMNS, Column
from tests.kernel.twin.compare import Answer, kernel_answer, twin_answer
from tests.kernel.worlds import KINDS, World

CASES = Path(__file__).parent / "cases"
STORIES = sorted(folder.name for folder in CASES.iterdir() if folder.is_dir())
Row = dict[str, Any]


def read_value(text: str, column: Column) -> Any:
    """Return a cell as a canonical value; an empty one takes the column's default."""
    if text == "":
        return column.default
    if column.kind == "integer":
        return int(text)
    if column.kind == "boolean":
        return {"true": True, "false": False}[text]
    if column.kind == "instant":
        return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if column.kind == "effect":
        return json.loads(text)
    return text


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file; one that is not there has no rows."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def read_story(name: str) -> World:
    """Read a story's inputs and rule, every column filled."""
    story = World(0, json.loads((CASES / name / "rules.json").read_text(encoding="utf-8")))
    for kind in KINDS:
        columns = {column.name: column for column in INPUTS[kind]}
        for line in read_csv(CASES / name / f"{kind}.csv"):
            assert line.keys() <= columns.keys(), f"{name}: {kind}.csv has a column that the law does not know"
            story.rows(kind).append({key: read_value(line.get(key, ""), column) for key, column in columns.items()})
    return story


def as_written(verdict: Row, columns: list[str]) -> Row:
    """Return these columns of a verdict as a story writes them."""
    return {name: written(verdict[name]) for name in columns}


def written(value: Any) -> str:
    """Write a value as a CSV cell."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def expected_of(name: str, columns: list[str]) -> list[Row]:
    """Read the verdicts that a story expects."""
    return [{column: line[column] for column in columns} for line in read_csv(CASES / name / "verdicts.csv")]


def check(name: str, answer: Answer) -> None:
    """Hold an answer against the story: exactly its verdicts, and its unclaimed work where it tells any."""
    with (CASES / name / "verdicts.csv").open(encoding="utf-8") as lines:
        columns = next(csv.reader(lines))
    expected = expected_of(name, columns)
    found = [as_written(verdict, columns) for verdict in answer.verdicts.values()]
    assert in_order(found) == in_order(expected)
    told = read_csv(CASES / name / "unclaimed.csv")
    if told:
        assert sorted(answer.unclaimed) == sorted((row["system"], row["event_id"]) for row in told)


def in_order(rows: list[Row]) -> list[Row]:
    """Sort verdicts so that a difference can be read."""
    return sorted(rows, key=lambda row: [row.get(name, "") for name in VERDICT_COLUMNS])


@pytest.mark.parametrize("name", STORIES)
def test_the_twin_agrees_with_the_story(name: str) -> None:
    check(name, twin_answer(read_story(name)))


@pytest.mark.parametrize("name", STORIES)
def test_the_kernel_agrees_with_the_story(name: str) -> None:
    check(name, kernel_answer(read_story(name)))


def test_the_stories_tell_every_reason() -> None:
    told = {line["reason"] for name in STORIES for line in read_csv(CASES / name / "verdicts.csv")}
    assert told == set(MEANINGS)


def test_every_story_has_its_words() -> None:
    assert [name for name in STORIES if not (CASES / name / "story.md").exists()] == []
