"""Polars: the simple matching over the same Parquet files, lazily, on its streaming engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from bench import simple
from bench.data import COPIED, Data
from bench.task import Task


def match_simply(task: Task) -> None:
    """Scan, match, decide, write the verdicts as Parquet."""
    given = simple.rule(task.data.rules)
    target = task.out / "verdicts.parquet"
    with task.phase("matching"):
        claims = _scan(task.data, "claims", "claim")
        matched = _matched(claims, _scan(task.data, "evidence", "event"), given).collect(engine="streaming")
    with task.phase("verdicts"):
        _verdicts(claims, matched.lazy(), given).sink_parquet(target, compression="zstd")
    names = claims.select("claim", "vendor", "claim_id", "revision")
    pairs = (
        matched.lazy().join(names, on="claim").select("vendor", "claim_id", "revision", "system", "event_id", "outcome")
    )
    pairs.sink_parquet(task.out / "pairs.parquet")
    states = pl.scan_parquet(target).group_by("state").len().collect()
    task.told["states"] = dict(states.iter_rows())
    task.told["rows"] = sum(task.told["states"].values())


def _scan(data: Data, kind: str, number: str) -> pl.LazyFrame:
    columns = [name.strip() for name in COPIED[kind].split(",")]
    return pl.scan_parquet(data.canonical(kind)).select(columns).with_row_index(number)


def _considered(given: dict[str, Any]) -> pl.Expr:
    return (
        ~pl.col("withdrawn")
        & pl.col("status").is_in(given["completed_statuses"])
        & pl.col("environment").is_in(given["production_environments"])
        & pl.col("action").is_in(given["counted_actions"])
        & pl.col("agent_id").is_in(given["registered_agents"])
        & pl.col("target").is_not_null()
    )


def _matched(claims: pl.LazyFrame, evidence: pl.LazyFrame, given: dict[str, Any]) -> pl.LazyFrame:
    """Which event answers which claim: as in `simple.matched`."""
    before = timedelta(seconds=given["match_before_seconds"])
    after = timedelta(seconds=given["match_after_seconds"])
    asked = claims.filter(_considered(given)).select(
        "claim", "vendor", "action", "target", pl.col("occurred_at").alias("claimed_at")
    )
    heard = evidence.filter(
        pl.col("outcome").is_in(["done", "failed"]) & pl.col("grade").is_in(given["independent_grades"])
    )
    lag = pl.col("occurred_at") - pl.col("claimed_at")
    possible = asked.join(heard, on="target", suffix="_seen").filter(
        (lag >= -before)
        & (lag <= after)
        & (pl.col("action_seen").is_null() | (pl.col("action_seen") == pl.col("action")))
        & (pl.col("vendor_seen").is_null() | (pl.col("vendor_seen") == pl.col("vendor")))
    )
    columns = ["claim", "claimed_at", "event", "system", "event_id", "grade", "outcome"]
    taken = (
        possible.sort("occurred_at", "event_id")
        .unique(["claim", "system"], keep="first", maintain_order=True)
        .select(columns)
    )
    return taken.sort("claimed_at", "claim").unique("event", keep="first", maintain_order=True)


def _verdicts(claims: pl.LazyFrame, matched: pl.LazyFrame, given: dict[str, Any]) -> pl.LazyFrame:
    """A verdict for every claim row: as in `simple.verdicts`."""
    deciding = (
        matched.sort("grade", "outcome", "system")
        .unique("claim", keep="first", maintain_order=True)
        .select("claim", "outcome", pl.col("system").alias("event_system"), "event_id")
    )
    state = (
        pl.when(pl.col("outcome") == "done")
        .then(pl.lit("verified"))
        .when(pl.col("outcome") == "failed")
        .then(pl.lit("contradicted"))
        .when(_considered(given))
        .then(pl.lit("unsupported"))
        .otherwise(pl.lit("not_considered"))
    )
    return claims.join(deciding, on="claim", how="left").select(
        "vendor", "claim_id", "revision", state.alias("state"), "event_system", "event_id", "units", "charge_micros"
    )
