"""Errors of the API as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from audit.operations.batches import TooBig
from audit.operations.faults import Refused

MEDIA_TYPE = "application/problem+json"


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: what went wrong as `application/problem+json`; None for what we do not expect."""
    response = _response(error)
    if response is None:
        return None
    connection = transaction.get_connection()
    if connection.in_atomic_block:
        transaction.set_rollback(True)
    response.content_type = MEDIA_TYPE
    return response


def problem(status: int, detail: str, **members: Any) -> dict[str, Any]:
    """The members of a problem. status: HTTP; detail: what, where, what now."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}


def _response(error: Exception) -> Response | None:
    if isinstance(error, Refused):
        status = 413 if isinstance(error, TooBig) else 400
        faults = [{"field": error.field, "detail": fault} for fault in error.faults]
        return Response(problem(status, str(error), errors=faults), status=status)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    return _from_rest_framework(error)


def _from_rest_framework(error: exceptions.APIException) -> Response:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        faults = list(_faults(error.detail))
        detail = " ".join(
            f"{fault['field']}: {fault['detail']}" if fault["field"] else fault["detail"] for fault in faults
        )
        return Response(problem(error.status_code, detail, errors=faults), status=error.status_code)
    return Response(problem(error.status_code, str(error.detail)), status=error.status_code, headers=headers)


def _faults(detail: Any, field: str | None = None) -> Any:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _faults(inner, f"{field}.{name}" if field else None if name == "non_field_errors" else name)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _faults(inner, field)
    else:
        yield {"field": field, "detail": str(detail)}
