"""Errors of the API as RFC 9457 problem details."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from audit.operations import room
from audit.operations.answers import OtherRequest
from audit.operations.batches import TooBig
from audit.operations.faults import Busy, OverQuota, Refused, Unreadable
from audit.vault import files, lost
from tenants.scope import is_open

Handler = Callable[[HttpRequest], HttpResponseBase]

MEDIA_TYPE = "application/problem+json"
CALLS = "/api/"
AGAIN_SECONDS = 5
AWAY = (OperationalError, InterfaceError)
ENDED = "25P03"  # idle_in_transaction_session_timeout: whoever asked was too slow, or slept
SEND_AGAIN = "The database does not answer: send it again, with the same Idempotency-Key if it had one."
VAULT_AWAY = "The place where files are kept does not answer. Nothing was changed: ask again in a minute."
STATUSES = {TooBig: 413, OtherRequest: 422, Unreadable: 415, OverQuota: 429, Busy: 503}


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: what went wrong as `application/problem+json`; None for what we do not expect."""
    response = _response(error)
    if response is None:
        return None
    if is_open():
        transaction.set_rollback(True)
    response.content_type = MEDIA_TYPE
    return response


def problem(status: int, detail: str, **members: Any) -> dict[str, Any]:
    """The members of a problem. status: HTTP; detail: what, where, what now."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": _sendable(detail), **members}


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer where no route leads, for the API a problem."""
    return _plain(404, "Not found.") if _is_call(request) else defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer to what it will not read, for the API a problem."""
    return _plain(400, "The request cannot be read.") if _is_call(request) else defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer to what may not be, for the API a problem."""
    return _plain(403, "This may not be.") if _is_call(request) else defaults.permission_denied(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's answer to what nobody expected, for the API a problem."""
    busy = _for_now(sys.exc_info()[1])
    if busy is not None:
        told = _plain(503, str(busy)) if _is_call(request) else _page(503)
        told["Retry-After"] = str(busy.seconds)
        return told
    if gone := lost.found(sys.exc_info()[1]):
        about = {"lost": gone, "asked": request.path}
        return _plain(500, str(gone), **_about(gone)) if _is_call(request) else _page(500, "500_file.html", about)
    detail = "Something went wrong here; it is in the log. Nothing of this request was kept."
    return _plain(500, detail) if _is_call(request) else defaults.server_error(request)


def notes_files(get_response: Handler) -> Handler:
    """Middleware: what a request asks of the vault is noted, so that its answer can name the file that is lost."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with lost.noted():
            return get_response(request)

    return middleware


def says_no_page(get_response: Handler) -> Handler:
    """Middleware: where a form's address is opened as a page, as by loading it again, it says so."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code != 405 or _is_call(request) or request.method not in ("GET", "HEAD"):
            return response
        page = _page(405)
        page["Allow"] = response["Allow"]
        return page

    return middleware


def _about(gone: lost.Lost) -> dict[str, Any]:
    return {"file": gone.key, "fault": "damaged" if gone.damaged else "missing"}


def _for_now(error: BaseException | None) -> Busy | None:
    """What an error is to whoever asked where it will pass by itself: database or vault are away, a disk is full."""
    if room.is_out(error):
        return Busy(room.FULL, room.WAIT_SECONDS)
    if isinstance(error, files.Away):
        return Busy(VAULT_AWAY, AGAIN_SECONDS)
    ended = getattr(error and error.__cause__, "sqlstate", None) == ENDED
    return Busy(SEND_AGAIN, AGAIN_SECONDS) if ended or isinstance(error, AWAY) else None


def _is_call(request: HttpRequest) -> bool:
    return request.path_info.startswith(CALLS)


def _plain(status: int, detail: str, **members: Any) -> JsonResponse:
    return JsonResponse(problem(status, detail, **members), status=status, content_type=MEDIA_TYPE)


def _page(status: int, template: str = "", context: dict[str, Any] | None = None) -> HttpResponse:
    """A page that asks nothing of the database."""
    return HttpResponse(loader.get_template(template or f"{status}.html").render(context), status=status)


def _response(error: Exception) -> Response | None:
    error = _for_now(error) or error  # senders of spans try again after a 503, and give up after a 500
    if isinstance(error, Refused):
        status = STATUSES.get(type(error), 400)
        faults = [{"field": error.field, "detail": _sendable(fault)} for fault in error.faults]
        headers = {"Retry-After": str(error.seconds)} if isinstance(error, Busy) else None
        return Response(problem(status, str(error), errors=faults), status=status, headers=headers)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        return Response(problem(413, "The body is too large for this call."), status=413)
    elif isinstance(error, SuspiciousOperation):
        error = exceptions.ParseError("The request cannot be read.")
    if not isinstance(error, exceptions.APIException):
        gone = lost.found(error)
        return Response(problem(500, str(gone), **_about(gone)), status=500) if gone else None
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


def _sendable(text: str) -> str:
    """Text that may repeat what was asked, without what UTF-8 cannot carry."""
    return text.encode(errors="replace").decode()


def _faults(detail: Any, field: str | None = None) -> Any:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _faults(inner, f"{field}.{name}" if field else None if name == "non_field_errors" else name)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _faults(inner, field)
    else:
        yield {"field": field and _sendable(field), "detail": _sendable(str(detail))}
