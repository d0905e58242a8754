"""Many requests over few connections, with aborts of every kind: no one sees another's rows, nothing stays behind."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from tenants import scope
from tenants.models import Membership, Tenant
from tests.world import World

POOL, THREADS, REQUESTS = 2, 6, 60


class Abort(Exception):
    """A request that fails on purpose."""


def end_well() -> None:
    """The request is answered."""


def end_with_an_exception() -> None:
    """A view raises."""
    raise Abort


def end_with_a_failed_statement() -> None:
    """PostgreSQL refuses a statement."""
    with connection.cursor() as cursor:
        cursor.execute("select 1 / 0")


def end_with_rollback() -> None:
    """A view answers with a failure."""
    transaction.set_rollback(True)


def end_with_a_lost_connection() -> None:
    """The backend dies in the middle of the request."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")


def end_with_a_stolen_context() -> None:
    """An injected statement asks for the context to stay for the session, and the request is committed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('app.tenant', current_setting('app.tenant'), false), "
            "set_config('app.tenant_signature', current_setting('app.tenant_signature'), false)"
        )


ENDS: tuple[Callable[[], None], ...] = (
    end_well,
    end_well,
    end_with_an_exception,
    end_with_a_failed_statement,
    end_with_rollback,
    end_with_a_lost_connection,
    end_with_a_stolen_context,
)


@pytest.mark.usefixtures("committed")
def test_interleaved_requests_over_a_small_pool_never_meet(world: World) -> None:
    expected = {world.northwind.id: ("Northwind", 5), world.contoso.id: ("Contoso", 1)}
    pool: queue.Queue[Any] = queue.Queue()
    for _ in range(POOL):
        pool.put(connections["default"].copy())
    wrong: list[Any] = []
    threads = [threading.Thread(target=_requests, args=(seed, pool, expected, wrong)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while not pool.empty():
        pool.get().close()
    assert wrong == []


def _requests(seed: int, pool: queue.Queue[Any], expected: dict[Any, Any], wrong: list[Any]) -> None:
    dice = random.Random(seed)
    for _ in range(REQUESTS):
        borrowed = pool.get()
        borrowed.inc_thread_sharing()
        connections["default"] = borrowed
        try:
            _request(dice, expected, wrong)
        except BaseException as error:
            wrong.append(error)
        finally:
            borrowed.dec_thread_sharing()
            borrowed.close_if_unusable_or_obsolete()
            pool.put(borrowed)
    del connections["default"]


def _request(dice: random.Random, expected: dict[Any, Any], wrong: list[Any]) -> None:
    tenant = dice.choice(list(expected))
    end = dice.choice(ENDS)
    try:
        with scope.scope(tenant):
            seen = (Tenant.objects.get().name, Membership.objects.count())
            if seen != expected[tenant]:
                wrong.append((tenant, seen))
            end()
    except (Abort, DatabaseError):
        pass
    if scope.is_open() or _reads_without_context():
        wrong.append((tenant, end.__name__, "something stayed behind"))


def _reads_without_context() -> bool:
    connection.close_if_unusable_or_obsolete()
    try:
        with transaction.atomic():
            return Membership.objects.exists()
    except DatabaseError:
        return False
