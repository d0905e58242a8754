"""Ids looked up in many files at once: row groups that cannot hold them are not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.vault.bench import reading

LAST = chr(0x10FFFF)  # sorts after every text that begins alike


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. A text with `…` in it is an id as pages cut it: how it begins and how it ends."""

    text: str

    @property
    def head(self) -> str:
        """How the id begins."""
        return self.text.partition("…")[0]

    @property
    def tail(self) -> str:
        """How it ends, if that is known."""
        return self.text.partition("…")[2]

    def condition(self, column: str, *, whole: bool) -> tuple[str, list[Any]]:
        """The column is the text; or, where `whole` is false, begins (and ends) as it does."""
        if whole:
            return f"{column} = ?", [self.text]
        return f"{column} >= ? and {column} < ? and ends_with({column}, ?)", [self.head, self.head + LAST, self.tail]


def seek(
    paths: Sequence[Path], names: Sequence[str], condition: tuple[str, list[Any]], most: int
) -> list[tuple[Path, dict[str, Any]]]:
    """At most so many rows that fulfil a condition, each with the file that it lies in; `names`: the columns read."""
    return _rows(paths, ", ".join(f'"{name}"' for name in names), names, condition, f"limit {most:d}")


def tally(paths: Sequence[Path], column: str, value: str) -> dict[Path, int]:
    """In which of the files a column has a value, and how often."""
    found = _rows(paths, "count(*) as rows", ("rows",), (f"{column} = ?", [value]), "group by filename")
    return {path: row["rows"] for path, row in found}


def _rows(
    paths: Sequence[Path], what: str, names: Sequence[str], condition: tuple[str, list[Any]], tail: str
) -> list[tuple[Path, dict[str, Any]]]:
    if not paths:
        return []
    by_name = {str(path): path for path in paths}
    where, given = condition
    query = f"select filename, {what} from read_parquet(?, filename = true) where {where} {tail}"
    with reading() as connection:
        rows = connection.execute(query, [list(by_name), *given]).fetchall()
    return [(by_name[name], dict(zip(names, values, strict=True))) for name, *values in rows]
