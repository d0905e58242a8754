"""The claims of a batch set against themselves."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.base import Endpoint
from audit.api.filters import refuse_unknown
from audit.models import Screen
from audit.queries import checks, screens
from audit.serializers.screens import ScreenSerializer, plain

AGAINST = OpenApiParameter(
    "against", UUID, description="An earlier batch of the vendor; the last one that was looked through where not given."
)


class BatchScreen(Endpoint):
    """The screen of one batch."""

    @extend_schema(operation_id="batches_screen", parameters=[AGAINST], responses=ScreenSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """What the claims of a batch say against themselves; no verdict. 404 where nobody has looked through them."""
        refuse_unknown(request, ["against"])
        batch = screens.claims_batch(id)
        screen = screens.of(batch)
        if screen is None:
            raise Http404("The batch was not looked through.")
        against = _against(request, screen)
        is_done = screen.state == Screen.State.DONE
        data = ScreenSerializer(
            {
                **{name: getattr(screen, name) for name in ("batch_id", "state", "error", "ended_at")},
                "current": screen.digest == screens.basis(batch, screen).digest(),
                "against": against and against.batch_id,
                "checks": [plain(check) for check in checks.checks(screen, against)] if is_done else [],
            }
        ).data
        return Response(data)


def _against(request: Request, screen: Screen) -> Screen | None:
    """The screen that is named, else the newest before. Raises ValidationError."""
    choices = screens.comparable(screen.batch)
    named = request.query_params.get("against")
    if not named:
        return choices.first()
    try:
        found = choices.filter(batch=UUID(named)).first()
    except ValueError:
        found = None
    if found is None:
        raise exceptions.ValidationError({"against": ["No earlier batch of this vendor with this id was screened."]})
    return found
