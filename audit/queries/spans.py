"""Stretches of time: joined where they meet, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def watched(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """The spans inside start and end, in order, with those that meet or overlap as one."""
    kept: list[Span] = []
    for first, last in sorted((max(first, start), min(last, end)) for first, last in spans):
        if first >= last:
            continue
        if kept and first <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(last, kept[-1][1]))
        else:
            kept.append((first, last))
    return kept


def holes(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """What between start and end no span holds, in order."""
    found, reached = [], start
    for first, last in watched(spans, start, end):
        if first > reached:
            found.append((reached, first))
        reached = last
    return [*found, (reached, end)] if reached < end else found
