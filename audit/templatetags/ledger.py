"""Filters and tags of every page: numbers, instants, verdicts, and the places a member may go."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.kernel.terms import GRADES, MEANINGS, Reason, State
from audit.queries import alerts
from audit.templatetags import words
from tenants.scope import is_open

register = template.Library()
register.filter("units", words.units)
register.filter("money", words.money)
register.filter("share", words.share)
register.filter("duration", words.duration)

STATE_WORDS = {
    State.VERIFIED: "Verified",
    State.CONTRADICTED: "Contradicted",
    State.UNSUPPORTED: "Unsupported",
    State.UNVERIFIABLE: "Unverifiable",
    State.NOT_CLAIMED: "Not claimed",
}
_CIRCLE = "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9"
MARKS = {
    "verified": "M1.5 6.5L4.7 10L10.5 2.5",
    "contradicted": "M2 2L10 10M10 2L2 10",
    "unsupported": _CIRCLE,
    "unverifiable": _CIRCLE,  # drawn dashed
    "not_claimed": "M2 6H10",
    "running": "M6 1.5a4.5 4.5 0 1 1-4.5 4.5",
    "waiting": "M6 5.5v1",
    "done": "M1.5 6.5L4.7 10L10.5 2.5",
    "failed": "M2 2L10 10M10 2L2 10",
    "fine": "M1.5 6.5L4.7 10L10.5 2.5",
    "look": "M6 1.2v6M6 10.4v.2",
    "healthy": "M1.5 6.5L4.7 10L10.5 2.5",
    "late": "M6 1.2v6M6 10.4v.2",
    "silent": "M2 2L10 10M10 2L2 10",
    "never": _CIRCLE,
    "unsaid": "M2 6H10",
    "cannot_say": "M3.6 4a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M6 10.6v.1",
}
WORDS = {
    "fine": ("Fine", "Nothing in the lines themselves speaks against it"),
    "look": ("Look", "Ask the vendor, or look at the lines: evidence alone can say that something is wrong"),
    "cannot_say": ("Cannot say", "The lines do not say enough"),
    "healthy": ("Healthy", "Something arrived within the expected interval"),
    "late": ("Late", "Nothing arrived for longer than the expected interval"),
    "silent": ("Silent", "Nothing arrived for more than three times the expected interval"),
    "never": ("Never", "Nothing has arrived yet"),
    "unsaid": ("No interval said", "Nobody said how often something is expected"),
}


@register.simple_tag
def mark(name: str) -> SafeString:
    """The icon of a verdict or of a stage. It says nothing to a screen reader: a word stands beside it."""
    return format_html(
        '<svg class="mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><path d="{}"/></svg>',
        MARKS[name],
    )


@register.simple_tag(name="verdict_word")
def verdict(
    state: str, reason: str | None = None, provisional: bool = False, href: str = "", leads: str = "in the law"
) -> SafeString:
    """State and reason as colour, icon and word. The reason's meaning is its title; `href` is of its clause.

    leads: what is found there, for who hears the page.
    """
    known = State(state)
    word, meaning = STATE_WORDS[known], STATE_WORDS[known]
    hint = SafeString("")
    if reason and reason != Reason.SUPPORTED:
        word, meaning = MEANINGS[Reason(reason)].title, f"{STATE_WORDS[known]}: {MEANINGS[Reason(reason)].words}"
        hint = format_html('<span class="said">{}: </span>', STATE_WORDS[known])
    classes = f"verdict {known}{' provisional' if provisional else ''}"
    inside = format_html("{}{}{}", mark(known.value), hint, word)
    if href:
        name = f"{STATE_WORDS[known]}: {word}" if hint else word
        link = '<a class="{}" href="{}" title="{}" aria-label="{}, {}">{}</a>'
        return format_html(link, classes, href, meaning, name, leads, inside)
    return format_html('<span class="{}" title="{}">{}</span>', classes, meaning, inside)


@register.simple_tag
def check_word(name: str) -> SafeString:
    """What a check of the claim screen says, or how a source is, as colour, icon and word. It is no verdict."""
    word, meaning = WORDS[name]
    return format_html('<span class="check {}" title="{}">{}{}</span>', name, meaning, mark(name), word)


@register.simple_tag(name="verdict", takes_context=True)
def verdict_with_law(context: RequestContext, state: str, reason: str = "", provisional: bool = False) -> SafeString:
    """The same, leading to its clause in the law: with the numbers of the page's run, if it has one."""
    tenant = getattr(context.get("request"), "tenant", None)
    return verdict(
        state, reason, provisional, law_url(tenant.slug, reason or state, context.get("run")) if tenant else ""
    )


@register.simple_tag(takes_context=True)
def law_of(context: RequestContext, run: Any, clause: str) -> str:
    """The address of a clause with the numbers that judged a run: `{% law_of run "score" %}`."""
    return law_url(context["request"].tenant.slug, clause, run)


def law_url(slug: str, clause: str, run: Any = None) -> str:
    """The address of a clause of the law, with the numbers that judged a run; empty where there is no such page."""
    address = place_url("law", slug)
    return f"{address}{f'?run={run.pk}' if run else ''}#{clause}" if address else ""


@register.filter
def describe(reason: str) -> str:
    """What a reason says, in the law's words."""
    return MEANINGS[Reason(reason)].words


@register.filter
def reason_title(reason: str) -> str:
    """The short name of a reason: `no_evidence` → "No evidence"."""
    return MEANINGS[Reason(reason)].title


@register.filter
def state_word(state: str) -> str:
    """The name of a state: `not_claimed` → "Not claimed"."""
    return STATE_WORDS[State(state)]


@register.filter
def grade(letter: str) -> SafeString:
    """The grade of a witness as a ringed letter, with whom it stands for."""
    return format_html('<abbr class="grade" title="Grade {}: {}">{}</abbr>', letter, GRADES[letter], letter)


@register.filter
def when(instant: datetime | int | None, detail: str = "minutes") -> SafeString | str:
    """An instant in the active zone, with UTC in its title. Detail: minutes, seconds, day, clock."""
    if instant is None:
        return words.NONE
    exact = words.rfc3339(instant)
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, exact, words.when(instant, detail))


@register.filter
def short(identifier: object) -> SafeString:
    """An id cut in the middle; the whole in its title."""
    return format_html('<span class="id" title="{}">{}</span>', identifier, words.short(identifier))


@register.simple_tag
def copyable(value: object) -> SafeString:
    """A whole id with a button that copies it; the button shows only where scripts run."""
    return format_html(
        '<span class="id">{}</span><button type="button" class="copy" data-copy="{}" hidden>copy</button>',
        value,
        value,
    )


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation: its URL name, its title, and its key after `g`."""

    name: str
    title: str
    key: str = ""


PLACES: tuple[tuple[Place, ...], ...] = (
    (Place("start", "Start", "h"), Place("overview", "Overview", "o"), Place("alerts", "Alerts", "a")),
    (
        Place("runs", "Runs", "r"),
        Place("discrepancies", "Discrepancies", "d"),
        Place("lines", "Claims", "l"),
        Place("counts", "Counts", "n"),
    ),
    (Place("vendors", "Vendors", "v"), Place("sources", "Sources", "s"), Place("coverage", "Coverage", "c")),
    (
        Place("rules", "Rules", "u"),
        Place("law", "The law", "w"),
        Place("rate-cards", "Rate cards", "p"),
        Place("ledger", "Ledger", "e"),
    ),
    (Place("jobs", "Jobs", "j"), Place("members", "Members", "m"), Place("keys", "Keys", "k")),
)


def place_url(name: str, slug: str) -> str:
    """The address of a place in a tenant; empty where the place does not exist."""
    try:
        return reverse(name, kwargs={"tenant": slug})
    except NoReverseMatch:
        return ""


def places(slug: str, may: Mapping[str, bool], path: str, here: str = "") -> list[list[dict[str, Any]]]:
    """The groups of places that a reader may open; the one that holds `path` (or is named `here`) is current."""
    groups = []
    for group in PLACES:
        entries = [
            {"name": place.name, "title": place.title, "key": place.key, "url": url}
            | {"current": _current(place, url, path, here)}
            for place in group
            if (url := place_url(place.name, slug)) and may.get(_permission(place.name, settings.ROOT_URLCONF))
        ]
        if entries:
            groups.append(entries)
    return groups


@functools.cache
def _permission(name: str, urlconf: str) -> str:
    """What the view of a place asks of the reader, as `tenants.access.requires` wrote on it."""
    return str(getattr(resolve(place_url(name, "any"), urlconf).func, "permission", "see"))


def _current(place: Place, url: str, path: str, here: str) -> str:
    """The value of aria-current: `page` on the place itself, `true` on a page inside it, else empty."""
    if path == url:
        return "page"
    if here:
        return "true" if here == place.name else ""
    return "true" if path.startswith(url) and place.name != "start" else ""


@register.inclusion_tag("_places.html", takes_context=True)
def navigation(context: RequestContext, label: str = "Places") -> dict[str, Any]:
    """The navigation of the request's tenant. A page may name its place in the context as `here`."""
    request = context.get("request")
    tenant = getattr(request, "tenant", None)
    if request is None or tenant is None:
        return {"groups": [], "label": label}
    groups = places(tenant.slug, request.may, request.path, str(context.get("here", "")))
    return {"groups": groups, "label": label, "unseen": _unseen(request)}


def _unseen(request: Any) -> int:
    """Alerts that nobody has looked at, asked once a request; none where no tenant's rows can be read."""
    if not is_open() or not request.may.get("see"):
        return 0
    if not hasattr(request, "unseen_alerts"):
        request.unseen_alerts = alerts.unseen_count()
    return int(request.unseen_alerts)


@register.simple_tag
def place(name: str, tenant: Any) -> str:
    """The address of a place of a tenant, or empty: `{% place "runs" request.tenant as runs_url %}`."""
    return place_url(name, tenant.slug) if tenant else ""


@register.filter
def page_span(table: Any) -> str:
    """Which rows of how many a table shows: "1–50 of 1,204,331"; without the total where it is not counted."""
    page, shown = table.page, len(table.page.object_list)
    first = (page.number - 1) * page.paginator.per_page + 1
    if not shown:
        return "0"
    span = f"{words.units(first)}–{words.units(first + shown - 1)}"
    total = _total(table)
    return span if total is None else f"{span} of {words.units(total)}"


def _total(table: Any) -> int | None:
    try:
        return int(table.paginator.count)
    except NotImplementedError:  # a paginator that does not count
        return None


@register.filter
def counted(table: Any) -> bool:
    """Whether the table knows how many rows there are, so that a last page can be named."""
    return _total(table) is not None


@register.simple_tag(takes_context=True)
def narrowed(context: RequestContext, table: Any) -> bool:
    """Whether the address filters the table, so that "nothing here" must be told from "nothing found"."""
    request = context.get("request")
    own = (table.order_by_field, table.page_field, table.per_page_field)
    parameters: Iterable[tuple[str, str]] = request.GET.items() if request is not None else ()
    return any(value and name.rsplit("-", 1)[-1] not in own for name, value in parameters)  # prefix: "runs-sort"


@register.simple_tag
def per_pages() -> tuple[int, ...]:
    """How many rows a page of a table may have."""
    return (25, 50, 100, 250)
