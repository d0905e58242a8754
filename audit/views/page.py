"""What the pages share: a form with its table, and an act that may be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.paginator import EmptyPage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audit.operations.faults import Refused

ROWS = 50
ROWS_MAX = 250
Done = TypeVar("Done")


def show(request: HttpRequest, template: str, *bound: forms.BaseForm, **context: Any) -> HttpResponse:
    """The page; 422 where one of its bound forms came back with errors."""
    wrong = any(form.is_bound and form.errors for form in bound)
    return render(request, template, context, status=422 if wrong else 200)


def attempt(form: forms.BaseForm, act: Callable[[], Done]) -> Done | None:
    """Do it, or put the sentences of the refusal on the form; a refused act leaves nothing half done."""
    try:
        with transaction.atomic():
            return act()
    except Refused as refusal:
        field = refusal.field if refusal.field in form.fields else None
        for fault in refusal.faults:
            form.add_error(field, fault)
        return None


def act_once(request: HttpRequest, act: Callable[[], Any], done: str) -> None:
    """Do what a button asks, and say that it is done or why not."""
    try:
        with transaction.atomic():
            act()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


def fill(request: HttpRequest, table: Any, rows: int = ROWS) -> Any:
    """Sort and page a table as the address says; a page or a size that is none reads as the nearest one."""
    table.request = request
    if order := request.GET.getlist(table.prefixed_order_by_field):
        table.order_by = order
    size = min(max(_number(request, table.prefixed_per_page_field, rows), 1), ROWS_MAX)
    try:
        table.paginate(page=max(1, _number(request, table.prefixed_page_field, 1)), per_page=size)
    except EmptyPage:
        table.page = table.paginator.page(table.paginator.num_pages)
    return table


def _number(request: HttpRequest, name: str, default: int) -> int:
    try:
        return int(request.GET[name])
    except (KeyError, ValueError):
        return default
