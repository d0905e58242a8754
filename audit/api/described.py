"""What the description of the API says of every call: its problems, its idempotency key, its noun."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

KEY_HEADER = "Idempotency-Key"
PROBLEM = {
    "type": "object",
    "description": "RFC 9457: what went wrong.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string", "nullable": True}, "detail": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "state: “lost” is not one of the choices.",
        "errors": [{"field": "state", "detail": "“lost” is not one of the choices."}],
    },
}
ANSWER = {
    "description": "A problem.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    location=OpenApiParameter.HEADER,
    description="The same request under the same key has one effect and gets the first answer again.",
)


class Described(AutoSchema):
    """The schema of an endpoint, with what all of them share."""

    def get_override_parameters(self) -> list[Any]:
        """Every POST takes an idempotency key."""
        found = list(super().get_override_parameters())
        return [*found, KEY] if self.method == "POST" else found

    def get_summary(self) -> str:
        """The first clause of what it does, for lists of calls."""
        return re.split(r"[.;:] |\.$", self.get_description(), maxsplit=1)[0]

    def get_tags(self) -> list[str]:
        """The noun that the path begins with."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]


def describe_problems(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Every call may be answered with a problem. A hook of drf-spectacular."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for path in result["paths"].values():
        for call in path.values():
            if isinstance(call, dict) and "responses" in call:
                call["responses"]["default"] = ANSWER
    return result
