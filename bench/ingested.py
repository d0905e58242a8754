"""The figures of streams as Markdown, beside what others publish."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.machine import facts
from bench.report import table

PEERS: Final = (
    (
        "Lago, on PostgreSQL alone",
        "10,000",
        "own figure, a single PostgreSQL instance: https://getlago.com/docs/guide/events/usage-performances",
    ),
    (
        "Metronome, hosted",
        "100,000",
        "own figure of a hosted service: https://docs.metronome.com/api-reference/usage/ingest-events",
    ),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One load: events/s of each round, the slowest request in ms, processor seconds of web and PostgreSQL an event."""

    name: str
    asked: int
    aim: int
    rates: tuple[float, ...]
    slowest: float
    web: float
    postgres: float

    @property
    def rate(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rates)

    def __str__(self) -> str:
        return f"{self.name}: {self.rate:,.0f} events/s; processor {1000 * (self.web + self.postgres):.3f} ms an event"


def text(figures: Sequence[Figure], told: dict[str, Any], acknowledged: int, there: int) -> str:
    """The whole page."""
    machine = facts()
    head = (
        "what",
        "events/s",
        "rounds",
        "required",
        "aim",
        "",
        "slowest, ms",
        "web, ms an event",
        "PostgreSQL, ms an event",
    )
    parts = [
        "# Streams: how fast\n",
        f"Written by `{told['command']}`. Clients, gunicorn and PostgreSQL (fsync on) share one machine: "
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}, Python {machine['Python']}; load when "
        f"it ended {machine['load before the run']}. {told['workers']} workers of {told['threads']} threads, "
        f"{told['clients']} clients, median of {told['rounds']} rounds of {told['seconds']} s. An event counts once "
        "its answer is there, which is after its commit.\n",
        *table(head, [_row(figure) for figure in figures]),
        f"\nAcknowledged {acknowledged:,}, held by PostgreSQL {there:,}.\n",
        "## What others say of themselves\n",
        *table(("who", "events/s", "where"), PEERS),
        "\nTheirs are not measured here; what an acknowledgement promises differs from one to the other.",
    ]
    return "\n".join(parts) + "\n"


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = "aim met" if figure.rate >= figure.aim else "met" if figure.rate >= figure.asked else "**missed**"
    rounds = ", ".join(f"{rate:,.0f}" for rate in sorted(figure.rates))
    return (
        *(figure.name, f"{figure.rate:,.0f}", rounds, f"≥ {figure.asked:,}", f"{figure.aim:,}", verdict),
        *(f"{figure.slowest:,.0f}", f"{1000 * figure.web:.3f}", f"{1000 * figure.postgres:.3f}"),
    )
