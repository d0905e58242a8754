"""Rules tried on a finished run: which run, how far it is, and what would change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from audit.forms.previews import ChangeFilter, PreviewForm
from audit.kernel.ruleset import parse
from audit.models import Preview, RuleSet, Run
from audit.operations import previews as operations
from audit.queries import previews, rules
from audit.queries.previews import Shift
from audit.tables.previews import ChangeTable
from audit.tables.runs import period
from audit.templatetags import words
from audit.views.choice import chosen_run
from audit.views.page import attempt, fill, show
from tenants.access import TenantRequest, actor, requires

STAGES = {
    "sample": "Judge a sample under both rules",
    "inputs": "Gather the inputs of the run",
    "judgement": "Judge every claim under these rules",
    "comparison": "Set the verdicts beside those of the run",
}
ENDS = {
    "charged_micros": "Charged",
    "due_at_least_micros": "Due at least",
    "due_at_most_micros": "Due at most",
    "overcharged_at_least_micros": "Overcharged at least",
}


@requires("preview_rules")
def one(request: TenantRequest, tenant: str, rule_set_id: UUID) -> HttpResponseBase:
    """Choose a finished run and try the rules on it; then what would change, a sample first."""
    rule_set = rules.get(rule_set_id)
    if request.method == "POST":
        form = PreviewForm(request.POST, say=period)
        if form.is_valid():
            run = form.cleaned_data["run"]
            if attempt(form, lambda: operations.ask(rule_set, run, actor(request))):
                return redirect(f"{request.path}?run={run.id}")
        return _page(request, rule_set, None, form)
    run = chosen_run(request)
    return _page(request, rule_set, run, PreviewForm(initial={"run": run}, say=period))


def _page(request: TenantRequest, rule_set: RuleSet, run: Run | None, form: PreviewForm) -> HttpResponseBase:
    slug = request.tenant.slug
    context: dict[str, Any] = {
        "here": "rules",
        "rule_set": rule_set,
        "run": run,
        "form": form,
        "any_run": form.fields["run"].queryset.exists(),  # type: ignore[attr-defined]
        "crumbs": [
            ("Rules", reverse("rules", args=[slug])),
            (str(rule_set), reverse("rule-set", args=[slug, rule_set.id])),
            ("Preview", ""),
        ],
    }
    preview = previews.of(rule_set, run) if run else None
    if run is not None:
        given = preview.rules if preview else rule_set.rules
        context |= {
            "period": period(run),
            "sentences": previews.changed_sentences(run, given),
            "changes": previews.changed_rules(run, given),
        }
    if preview is not None:
        context |= _found(request, preview)
    return show(request, "audit/rule_set_preview.html", form, **context)


def _found(request: TenantRequest, preview: Preview) -> dict[str, Any]:
    """What there is of a preview so far."""
    here = f"{request.path}?{urlencode({'run': str(preview.run_id)})}"
    found: dict[str, Any] = {
        "preview": preview,
        "is_old": preview.digest != preview.rule_set.digest,
        "under_way": preview.state in (Preview.State.WAITING, Preview.State.RUNNING),
        "stages": _stages(preview),
        "poll": here,
        "sample": outcome(preview.sample, here) if preview.sample else None,
    }
    if preview.state == Preview.State.DONE:
        filters = ChangeFilter(request.GET)
        lines = previews.lines(preview, filters.filters())
        table = ChangeTable(
            lines, run_id=preview.run_id, rule=parse(preview.rules), slug=request.tenant.slug, may=request.may
        )
        found |= {
            "outcome": outcome(preview.outcome, here),
            "law_moved": previews.law_moved(preview.outcome),
            "filters": filters,
            "table": fill(request, table),
        }
    return found


def outcome(kept: dict[str, Any], here: str) -> dict[str, Any]:
    """What a page says of an outcome. here: the address whose filters choose the changed lines."""
    moves = [
        {**move, "href": f"{here}&{urlencode({name: move[name] for name in ('old_reason', 'new_reason')})}#changes"}
        for move in previews.changed_moves(kept)
    ]
    return {
        "claims": kept["claims"],
        "changed": kept["changed"],
        "figures": list(_figures(kept)),
        "moves": [move | {"money_text": _money(move["money"])} for move in moves],
        "states": previews.states_of(kept),
        "rows": previews.by_state(kept),
        "purses": [(currency, _purse(currency, ends)) for currency, ends in previews.money(kept)],
    }


def _figures(kept: dict[str, Any]) -> list[dict[str, Any]]:
    """Both ends of the score and what was overcharged, with what they are now."""
    low, high = previews.score_ends(kept)
    provisional = Shift(kept["provisional"]["before"], kept["provisional"]["after"])
    found = [
        _figure("Verified", low, words.share, words.points),
        _figure("Could be verified", high, words.share, words.points),
    ]
    for currency, ends in previews.money(kept):
        found.append(_amount(f"Overcharged at least, {currency}", ends["overcharged_at_least_micros"], currency))
    if provisional.before or provisional.after:
        found.append(_figure("Provisional claims", provisional, words.units, words.units))
    return found


def _amount(label: str, shift: Shift, currency: str) -> dict[str, Any]:
    def say(micros: int | None) -> str:
        return words.money(micros, currency)

    return _figure(label, shift, say, say)


def _figure(
    label: str, shift: Shift, say: Callable[[int | None], str], say_delta: Callable[[int | None], str]
) -> dict[str, Any]:
    note = f"now {say(shift.before)}, {_more(shift, say_delta)}" if shift.delta else "as now"
    return {"label": label, "value": say(shift.after), "note": note}


def _more(shift: Shift, say: Callable[[int | None], str]) -> str:
    """The difference with its sign."""
    return f"+{say(shift.delta)}" if shift.delta and shift.delta > 0 else say(shift.delta)


def _purse(currency: str, ends: dict[str, Shift]) -> list[tuple[str, str, str, str]]:
    """Rows of the table of money: what, now, then, and the difference."""

    def say(micros: int | None) -> str:
        return words.money(micros, currency)

    return [
        (title, say(ends[name].before), say(ends[name].after), _more(ends[name], say)) for name, title in ENDS.items()
    ]


def _money(by_currency: dict[str, int]) -> str:
    return " + ".join(words.money(micros, currency) for currency, micros in sorted(by_currency.items())) or words.NONE


def _stages(preview: Preview) -> list[dict[str, Any]]:
    """The stages with their state, for the list that fills itself."""
    names = list(STAGES)
    name, _, step = preview.stage.partition(": ")
    now = names.index(name) if name in names else -1
    return [
        {
            "title": title,
            "state": "done" if place < now else "running" if place == now else "waiting",
            "note": step.replace("_", " ") if place == now else "",
        }
        for place, title in enumerate(STAGES.values())
    ]
