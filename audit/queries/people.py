"""Who stands behind the words of the ledger: `user:<id>`, `key:<id>`, `system`, `law`."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tenants.models import ApiKey, User

THEMSELVES = {"system": "the portal", "law": "the law", "": ""}


def names(actors: Iterable[str]) -> dict[str, str]:
    """Names of these actors, for showing only; two statements whatever their number."""
    wanted = set(actors)
    users = _ids(wanted, "user")
    keys = _ids(wanted, "key")
    found = {f"user:{user.id}": str(user) for user in User.objects.filter(id__in=users)}
    found |= {f"key:{key.id}": f"key “{key.name}”" for key in ApiKey.objects.filter(id__in=keys)}
    return {actor: found.get(actor) or THEMSELVES.get(actor, actor) for actor in wanted}


def name(actor: str) -> str:
    """The name of one actor."""
    return names([actor])[actor]


def _ids(actors: Iterable[str], kind: str) -> list[UUID]:
    found = []
    for actor in actors:
        prefix, _, text = actor.partition(":")
        if prefix == kind:
            try:
                found.append(UUID(text))
            except ValueError:
                continue
    return found
