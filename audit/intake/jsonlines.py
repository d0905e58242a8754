"""JSON Lines: one object on each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from audit.kernel.inputs import Fault, Rows
from audit.kernel.inputs.files import Bytes
from audit.kernel.inputs.jsonlines import BATCH, Parsed, gather, objects


def rows(stream: Bytes, file: str, wanted: Iterable[str] = (), batch: int = BATCH) -> Iterator[Rows]:
    """The rows of UTF-8 JSON Lines; `wanted` are paths with dots (`ai_agent.id`) to have as columns too."""
    return widened(objects(stream, file), file, wanted, batch)


def widened(items: Iterable[Parsed], file: str, wanted: Iterable[str], batch: int = BATCH) -> Iterator[Rows]:
    """Batches of rows from parsed objects, with the wanted paths as further columns."""
    paths = [path for path in wanted if "." in path]
    return gather((_wider(item, paths) for item in items) if paths else items, file, batch)


def at(row: Any, path: str) -> Any:
    """The value at a path with dots; a number picks from a list. None where there is none."""
    for name in path.split("."):
        if isinstance(row, dict):
            row = row.get(name)
        elif isinstance(row, list) and name.isdigit() and int(name) < len(row):
            row = row[int(name)]
        else:
            return None
    return row


def paths(row: dict[str, Any], prefix: str = "", most: int = 1_000) -> list[str]:
    """Every path of an object: its fields, and those inside of them."""
    found: list[str] = []
    for name, value in row.items():
        found.append(prefix + name)
        if isinstance(value, dict) and len(found) < most:
            found += paths(value, f"{prefix}{name}.", most - len(found))
    return found[:most]


def _wider(item: Parsed, paths: list[str]) -> Parsed:
    if isinstance(item, Fault):
        return item
    line, row = item
    return line, {**row, **{path: at(row, path) for path in paths if path not in row}}
