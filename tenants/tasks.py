"""What every Celery task of a tenant inherits, and how tasks are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from celery import Task
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from tenants import checks
from tenants.scope import current, scope


class TenantTask(Task):  # type: ignore[type-arg]
    """A task on one tenant's data: keyword arguments only, `tenant_id` among them.

    Runs inside that tenant's scope; with `in_scope=False` (long work) it opens scopes itself, briefly.
    """

    abstract = True
    in_scope = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the task in the scope of `tenant_id`."""
        tenant_id = _tenant_of(self.name, args, kwargs)
        if not self.in_scope:
            return self.run(*args, **kwargs)
        with scope(tenant_id):
            return self.run(*args, **kwargs)

    def apply_async(  # type: ignore[override]  # Celery names its thirty options one by one
        self, args: Sequence[Any] | None = None, kwargs: Mapping[str, Any] | None = None, **options: Any
    ) -> Any:
        """Sends the task; refuses at once what could not run."""
        _tenant_of(self.name, args or (), kwargs or {})
        return super().apply_async((), dict(kwargs or {}), **options)


def _tenant_of(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> UUID:
    if args:
        raise TypeError(f"{name} takes keyword arguments only.")
    if "tenant_id" not in kwargs:
        raise TypeError(f"{name} needs tenant_id.")
    return UUID(str(kwargs["tenant_id"]))


def send_on_commit(task: Any, **kwargs: Any) -> None:
    """Sends a task of the open scope's tenant once the transaction is committed; never if it rolls back.

    A broker that cannot be reached is logged, not raised: the sweeper sends again what is due.
    """
    kwargs.setdefault("tenant_id", current())
    plain = {name: str(value) if isinstance(value, UUID) else value for name, value in kwargs.items()}
    transaction.on_commit(partial(task.apply_async, kwargs=plain), robust=True)


@worker_init.connect
def _refuse_strong_role(**context: Any) -> None:
    try:
        checks.refuse_strong_role()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error  # Celery would only log another exception
