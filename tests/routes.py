"""Every route of the URL resolver, with what its view demands: the rows of a matrix of routes, roles and objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tenants.access import PERMISSIONS
from tenants.models import Role

Leaf = Callable[..., Any]
HANDLERS = ("get", "post", "put", "patch", "delete")
UNSAID = {"HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Route:
    """One address pattern. `parameters`: names of what varies in it; `permission`: None where `requires` is missing."""

    pattern: str
    name: str
    parameters: tuple[str, ...]
    view: Leaf

    @property
    def permission(self) -> str | None:
        """What the view asks of a member."""
        return getattr(self.view, "permission", None)

    @property
    def is_page(self) -> bool:
        """Whether it lies under `/t/<tenant>/`."""
        return self.pattern.startswith("t/<slug:tenant>/")

    @property
    def is_call(self) -> bool:
        """Whether it is of the API."""
        return self.pattern.startswith("api/")

    @property
    def methods(self) -> set[str] | None:
        """The methods that it serves, without HEAD and OPTIONS; None for a page that takes whatever comes."""
        owner = getattr(self.view, "cls", None)
        if owner is None:
            return _allowed(self.view)
        named = getattr(self.view, "actions", None) or [name for name in HANDLERS if hasattr(owner, name)]
        return {name.upper() for name in named} - UNSAID

    def lets_in(self, role: Role) -> bool:
        """Whether the table of roles lets this role see the page."""
        return self.permission is not None and role in PERMISSIONS[self.permission]

    def url(self, **values: Any) -> str:
        """The address with its parameters filled in."""
        return reverse(self.name, kwargs={name: values[name] for name in self.parameters})


def routes() -> list[Route]:
    """Every route, in the resolver's order."""
    return list(_walk(get_resolver(), "", ()))


def _walk(resolver: URLResolver, prefix: str, parameters: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        names = (*parameters, *(name for name in entry.pattern.converters if name not in parameters))
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(pattern, entry.name or "", names, entry.callback)
        else:
            yield from _walk(entry, pattern, names)


def _allowed(view: Any) -> set[str] | None:
    """What `require_http_methods` lets through, however deep under other decorators."""
    while view is not None:
        names = getattr(getattr(view, "__code__", None), "co_freevars", ())
        if "request_method_list" in names:
            return set(view.__closure__[names.index("request_method_list")].cell_contents) - UNSAID
        view = getattr(view, "__wrapped__", None)
    return None
