"""Pages of lists: each page begins where the last one ended, so that what comes meanwhile moves nothing.

A cursor holds the values of the ordering at the edge of a page. It is not secret and not signed: it can ask only
for what its caller may read.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError as BadValue
from django.db.models import Q, QuerySet
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

SIZE = 100
SIZE_MAX = 1000
NAMES = ("cursor", "limit", "page_size")
PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "cursor",
        "in": "query",
        "required": False,
        "description": "Where the page begins: as `next` and `previous` give it.",
        "schema": {"type": "string"},
    },
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": f"How many to a page: {SIZE} where not given.",
        "schema": {"type": "integer", "minimum": 1, "maximum": SIZE_MAX},
    },
]


@dataclass(frozen=True, slots=True)
class Cursor:
    """An edge between two pages: the values there, and on which side of it the page lies."""

    values: tuple[Any, ...]
    backward: bool = False

    def text(self) -> str:
        """The cursor for an address."""
        data = json.dumps([self.backward, list(self.values)], default=str, separators=(",", ":"))
        return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def cursor_of(request: Request, length: int) -> Cursor | None:
    """The cursor of a request, of so many values. Raises ValidationError where it cannot be read."""
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        backward, values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        if len(values) != length or not all(isinstance(value, str | int) for value in values):
            raise ValueError
    except (ValueError, TypeError, binascii.Error) as error:
        raise bad_cursor() from error
    return Cursor(tuple(values), bool(backward))


def bad_cursor() -> exceptions.ValidationError:
    """What a cursor is answered with that leads nowhere."""
    return exceptions.ValidationError({"cursor": ["This cursor leads nowhere: take it from `next` or `previous`."]})


def size_of(request: Request) -> int:
    """How many the caller wants on a page. Raises ValidationError."""
    for name in ("limit", "page_size"):
        text = request.query_params.get(name)
        if text is not None:
            if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= SIZE_MAX):
                raise exceptions.ValidationError({name: [f"Use a whole number from 1 to {SIZE_MAX}."]})
            return int(text)
    return SIZE


def edges(found: Sequence[Any], more: bool, cursor: Cursor | None, place: Any) -> tuple[Cursor | None, Cursor | None]:
    """The cursors of the next and the previous page. place: from a row to its values; more: beyond, as it was read."""
    if not found:
        return None, None
    backward = cursor is not None and cursor.backward
    ahead, behind = (True, more) if backward else (more, cursor is not None)
    following = Cursor(tuple(place(found[-1]))) if ahead else None
    preceding = Cursor(tuple(place(found[0])), backward=True) if behind else None
    return following, preceding


def address(request: Request, cursor: Cursor | None) -> str | None:
    """The request's own address at another cursor."""
    here = request.build_absolute_uri()
    return replace_query_param(here, "cursor", cursor.text()) if cursor else None


def page(request: Request, edges: tuple[Cursor | None, Cursor | None], results: Any) -> Response:
    """An answer with one page, the way on and the way back."""
    following, preceding = (address(request, edge) for edge in edges)
    return Response({"next": following, "previous": preceding, "results": results})


def turn(request: Request, rows: Sequence[Any], show: Callable[[Any], Any] = lambda row: row) -> Response:
    """A page of rows that never change, by their number. show: from a row to its answer."""
    size, cursor = size_of(request), cursor_of(request, 1)
    start = cursor.values[0] if cursor else 0
    if not isinstance(start, int) or not 0 <= start < 2**62:
        raise bad_cursor()
    found = list(rows[start : start + size + 1])
    following = Cursor((start + size,)) if len(found) > size else None
    preceding = Cursor((max(0, start - size),)) if start else None
    return page(request, (following, preceding), [show(row) for row in found[:size]])


class Cursors(BasePagination):
    """Pages of a queryset in the order it has, which ends in a unique column and holds no null."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of one page."""
        order = [str(name) for name in queryset.query.order_by]
        size, cursor = size_of(request), cursor_of(request, len(order))
        backward = cursor is not None and cursor.backward
        if backward:
            queryset = queryset.reverse()
        found = _read(_beyond(queryset, order, cursor), size + 1)
        more, found = len(found) > size, found[:size]
        if backward:
            found.reverse()
        names = [name.lstrip("-").replace("__", ".") for name in order]
        self.request = request
        self.edges = edges(found, more, cursor, lambda row: [_plain(attrgetter(name)(row)) for name in names])
        return found

    def get_paginated_response(self, data: Any) -> Response:
        """A page with the way on and back."""
        return page(self.request, self.edges, data)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page, for OpenAPI."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters of paging, for OpenAPI."""
        return PARAMETERS


def _read(queryset: QuerySet[Any], count: int) -> list[Any]:
    try:
        return list(queryset[:count])
    except (BadValue, ValueError) as error:
        raise bad_cursor() from error


def _beyond(queryset: QuerySet[Any], order: Sequence[str], cursor: Cursor | None) -> QuerySet[Any]:
    """The rows after the cursor's values in this order, or before them: (a, b) > (x, y), spelled out."""
    if cursor is None:
        return queryset
    condition, same = Q(), Q()
    for name, value in zip(order, cursor.values, strict=True):
        column = name.lstrip("-")
        word = "lt" if name.startswith("-") != cursor.backward else "gt"
        condition |= same & Q(**{f"{column}__{word}": value})
        same &= Q(**{column: value})
    try:
        return queryset.filter(condition)
    except (BadValue, ValueError) as error:
        raise bad_cursor() from error


def _plain(value: Any) -> str | int:
    return value if isinstance(value, int) else value.isoformat() if hasattr(value, "isoformat") else str(value)
