"""Spans as this product reads them, however they were sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

UNSPECIFIED, INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(6)
"""Kinds of spans."""
ERROR: Final = 2
"""The status code of a span that ended in an error; 0 is unset, 1 is ok."""
CALLED: Final = "the request"
"""What refusals of a whole request call it."""

Attributes = dict[str, Any]
"""Name -> text, boolean, list, object or None; numbers, and bytes in Base64, are text. Of one name the last stands."""


@dataclass(slots=True)
class Span:
    """One span with the resource that sent it. Ids are hex in lower case as received, times nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    ended: int
    status: int
    attributes: Attributes
    resource: Attributes


Spans = list[Span]
