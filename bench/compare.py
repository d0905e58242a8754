"""datacompy: the pairs' effects, unpacked to a column for each field, joined by pair and compared.

It compares columns of rows that share a key. It knows no window and finds no pairs, so the pairs are given to it; of a
field that only one side has, its user has to say what that means: here every pair has the claimed field on both sides.
"""

from __future__ import annotations

import datacompy
import polars as pl

from bench.data import Data
from bench.task import Task


def compare_frames(task: Task) -> None:
    """Read both sides, unpack the effects, compare, write the rows that differ."""
    fields = _fields(task.data)
    with task.phase("reading"):
        claimed, seen = (pl.read_parquet(task.data.pairs(side)) for side in ("claimed", "seen"))
    with task.phase("unpacking"):
        claimed, seen = _unpacked(claimed, fields), _unpacked(seen, fields)
    with task.phase("comparing"):
        compared = datacompy.PolarsCompare(claimed, seen, join_columns="pair", cast_column_names_lower=False)
        differing = compared.all_mismatch()
    with task.phase("writing"):
        differing.write_parquet(task.out / "conflicts.parquet", compression="zstd")
    task.told["rows"] = len(claimed)
    task.told["conflicts"] = _conflicts(differing, fields)


def _fields(data: Data) -> list[str]:
    """The fields that claims name; a user knows them. Not timed."""
    effects = pl.scan_parquet(data.pairs("claimed")).select("effect").unique().collect()["effect"]
    return sorted({name for effect in effects for name in _names(effect)})


def _names(effect: str) -> list[str]:
    import json

    return list(json.loads(effect))


def _unpacked(frame: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    kind = pl.Struct({name: pl.String for name in fields})
    return frame.select("pair", pl.col("effect").str.json_decode(kind)).unnest("effect")


def _conflicts(differing: pl.DataFrame, fields: list[str]) -> int:
    """How many of the rows differ in a field that both sides have."""
    if not len(differing):
        return 0
    differs = [pl.col(f"{name}_df1") != pl.col(f"{name}_df2") for name in fields if f"{name}_df1" in differing.columns]
    return len(differing.filter(pl.any_horizontal(differs)))
