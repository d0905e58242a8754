"""Tasks run for one tenant, and are sent only when what they are about is there."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from django.db import transaction

from tenants import scope
from tenants.models import Membership
from tenants.tasks import TenantTask, send_on_commit
from tests.world import World

app = Celery("of these tests", broker="memory://", task_always_eager=True, set_as_current=False)


@app.task(base=TenantTask)
def count(*, tenant_id: str) -> int:
    """How many members the tenant has."""
    return Membership.objects.count()


@app.task(base=TenantTask, in_scope=False)
def is_open(*, tenant_id: str) -> bool:
    """Whether a scope is open."""
    return scope.is_open()


def test_a_task_runs_in_the_scope_of_its_tenant(world: World) -> None:
    assert count(tenant_id=str(world.northwind.id)) == 5
    assert count(tenant_id=str(world.contoso.id)) == 1
    assert not scope.is_open()


def test_a_long_task_enters_by_itself(world: World) -> None:
    assert is_open(tenant_id=str(world.northwind.id)) is False


@pytest.mark.parametrize(("args", "kwargs"), [(("x",), {}), ((), {}), (("x",), {"tenant_id": "x"})])
def test_a_task_without_a_tenant_is_refused_before_it_is_sent(args: Any, kwargs: Any) -> None:
    with pytest.raises(TypeError):
        count.apply_async(args, kwargs)
    with pytest.raises(TypeError):
        count(*args, **kwargs)


def test_a_tenant_is_an_id() -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        count(tenant_id="northwind")


def test_a_task_is_sent_after_commit_for_the_tenant_of_the_scope(
    world: World, django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(count, "apply_async", lambda **options: sent.append(options))
    with django_capture_on_commit_callbacks(execute=True):
        with scope.scope(world.northwind.id):
            send_on_commit(count)
        assert sent == []
    assert sent == [{"kwargs": {"tenant_id": str(world.northwind.id)}}]


def test_a_task_is_not_sent_when_its_transaction_fails(world: World, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as callbacks, scope.scope(world.northwind.id):
        send_on_commit(count)
        transaction.set_rollback(True)
    assert callbacks == []
