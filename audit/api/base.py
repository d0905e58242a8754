"""What every endpoint shares: one media type, bounded bodies, idempotent POSTs, lists that are paged."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from audit.api.described import KEY_HEADER
from audit.api.filters import Filters, Ordering
from audit.api.paging import Cursors
from audit.operations import answers
from tenants import access
from tenants.models import ApiKey

KEY_LENGTH_MAX = 255
DEPTH_MAX = 64
SHOWN_ONCE = ("secret",)  # members of an answer that are not kept with it
TOO_DEEP = f"The JSON is nested more than {DEPTH_MAX} levels deep."
Handler = TypeVar("Handler", bound=Callable[..., Response])


class OneMediaType(DefaultContentNegotiation):
    """Answers are JSON whatever `Accept` says; files are asked for by `?format=`."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """The first renderer."""
        first = next(iter(renderers))
        return first, first.media_type


class ShallowJson(JSONParser):
    """JSON of a depth that everything which handles it later can bear."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The value. Raises ParseError."""
        try:
            value = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(TOO_DEEP) from None
        level: list[Any] = [value]
        for _ in range(DEPTH_MAX + 1):
            level = [inner for outer in level for inner in _members(outer)]
        if level:
            raise exceptions.ParseError(TOO_DEEP)
        return value


def _members(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


class Endpoint(APIView):
    """One address of the API."""

    parser_classes = [ShallowJson]
    content_negotiation_class = OneMediaType
    metadata_class = None  # OPTIONS tells nothing: the schema does
    reads_body = True  # False: the endpoint reads a body of any size itself

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before the handler: who asks, may they, and a body that is not too large."""
        super().initial(request, *args, **kwargs)
        if self.reads_body:
            _ = request._request.body  # bounded by DATA_UPLOAD_MAX_MEMORY_SIZE, unlike DRF's own reading

    @property
    def key(self) -> ApiKey:
        """The key that asks."""
        return cast("ApiKey", self.request.auth)

    @property
    def by(self) -> str:
        """Who acts, for the ledger."""
        return access.actor(self.request)


class Nouns(Endpoint, GenericViewSet[Any]):
    """A list of one noun and its members. `rows`: the query; `takes`: names that PATCH may change."""

    lookup_field = "id"
    pagination_class = Cursors
    filter_backends = [Filters, Ordering]
    ordering: Sequence[str] = ("id",)
    ordering_fields: Sequence[str] = ("id", "created_at")
    rows: Callable[[], QuerySet[Any]]

    def get_queryset(self) -> QuerySet[Any]:
        """The rows of the tenant."""
        return type(self).rows()

    def list(self, request: Request) -> Response:
        """A page of the list."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """One of them."""
        return Response(self.get_serializer(self.get_object()).data)

    def given(self, thing: Model | None = None) -> dict[str, Any]:
        """The validated members of the request's body; of a part of them where a thing is to be changed."""
        serializer = self.get_serializer(thing, data=self.request.data, partial=thing is not None)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def changes(self, thing: Model, *names: str) -> dict[str, Any]:
        """The members to change. Raises ValidationError where the request names what cannot be changed."""
        if isinstance(self.request.data, dict):
            fixed = {name: ["This cannot be changed."] for name in self.request.data if name not in names}
            if fixed:
                raise exceptions.ValidationError(fixed)
        return self.given(thing)

    def show(self, thing: Model, status: int = 200) -> Response:
        """The thing as an answer; with its address where it is new."""
        data = self.get_serializer(thing).data
        made = status in (201, 202)
        headers = {"Location": self.request.build_absolute_uri(f"{self.request.path}{thing.pk}/")} if made else None
        return Response(data, status=status, headers=headers)


def once(handler: Handler) -> Handler:
    """Makes a POST honour `Idempotency-Key`: the same request under the same key has one effect and one answer."""

    @functools.wraps(handler)
    def answered(self: Endpoint, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = hashlib.sha256(request._request.body).hexdigest()
        return answer_once(request, body, lambda: handler(self, request, *args, **kwargs))

    answered.once = True  # type: ignore[attr-defined]
    return answered  # type: ignore[return-value]


def answer_once(request: Request, body: str, act: Callable[[], Response]) -> Response:
    """The answer of `act`, or of the request that came before under its key. body: digest of what was sent.

    An answer is kept in the transaction of its effect; what was refused had none, and may be tried again.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return act()
    if not key.strip() or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise exceptions.ValidationError({KEY_HEADER: [f"Use 1 to {KEY_LENGTH_MAX} printable characters."]})
    digest = hashlib.sha256(f"{request.method}\n{request.get_full_path()}\n{body}".encode()).hexdigest()
    before = answers.recall(key, digest)
    if before is not None:
        kept = json.loads(before.body)
        return Response(kept["data"], before.status_code, headers=kept["headers"] | {"Idempotent-Replayed": "true"})
    response = act()
    headers = {name: response[name] for name in ("Location",) if name in response}
    data = {name: None if name in SHOWN_ONCE else value for name, value in response.data.items()}
    text = json.dumps({"headers": headers, "data": data}, cls=JSONEncoder)
    answers.keep(key, digest, response.status_code, text)
    return response
