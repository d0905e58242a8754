"""The steps of the law in their order, each in plain words. Source: the law of verdicts, sections 3 and 4."""

from __future__ import annotations

from typing import Final

from audit.kernel.law import Step
from audit.kernel.ruleset import Rule, span, survival
from audit.kernel.terms import Reason


def _window(rule: Rule) -> str:
    if not rule.match_before_seconds and not rule.match_after_seconds:
        return "in the very instant of the claim"
    before, after = span(rule.match_before_seconds), span(rule.match_after_seconds)
    return f"from {before} before to {after} after the claim, ends included"


def _restatement(rule: Rule) -> tuple[str, ...]:
    return (
        "Of one claim id of a vendor only the highest revision counts. If any row of that revision takes the claim "
        "back, every row of the id is superseded.",
        "If the same revision was received more than once, the first one is the claim and the others are duplicates.",
    )


def _screens(rule: Rule) -> tuple[str, ...]:
    return (
        "Then the vendor's own line is read, and the first of these that applies decides. What stops here takes no "
        "evidence and no part in bursts.",
        "A line that did not complete and has no charge is "
        + ("taken as charged: the price list bills runs." if rule.failures_are_billed else "not claimed."),
    )


def _hearing(rule: Rule) -> tuple[str, ...]:
    return (
        "Each system is heard alone. In each a claim gets at most one event, and an event answers at most one claim.",
        "An event can answer a claim that it names, whatever the time, if neither record nor action contradict. One "
        "that "
        "names a claim speaks of no other.",
        f"Else it must lie on the same record, be the same action (or not say which), come {_window(rule)}, be of an "
        "account that is bound to the agent, where the system has bindings, and not speak of another vendor's work.",
        "Better pairs go first: by name; then done with what was written in agreement; done without a word on what was "
        "written; failed; last what was written in conflict. Within a rank, first come, first served.",
        "It is held twice: claims that were built on a step which spoils walk last the second time, and only that "
        "counts.",
    )


def _decision(rule: Rule) -> tuple[str, ...]:
    first, *more = rule.independent_grades
    best = f"The best of the independent grades ({', '.join([first, *more])})" if more else f"Grade {first}"
    return (
        f"{best} in which any system has a word, or was watching and saw nothing, decides. "
        "Peers that saw nothing do not count against one that saw it done.",
        "A worse grade never mends the silence of a better one: an interface may say done while the record did not "
        "change. If every worse independent word is “failed”, the claim failed.",
        "If no independent grade decides, the others are asked; what they support is attested, never verified.",
        f"A system covers a claim only if it watched the record for the whole window, {_window(rule)}.",
    )


def _apart(rule: Rule) -> str:
    seconds = rule.burst_window_seconds
    return f"that follow each other by at most {span(seconds)}" if seconds else "of one instant"


def _least(rule: Rule) -> str:
    count = rule.burst_minimum
    return f"From {count} claims of the same known effect" if count > 1 else "Of the claims of the same known effect"


def _bursts(rule: Rule) -> tuple[str, ...]:
    return (
        f"Claims of one vendor, agent, action and record {_apart(rule)} are one burst. "
        "An undone event of an independent system between two of "
        "them ends it.",
        f"{_least(rule)} in one burst{' on' if rule.burst_minimum > 1 else ''} one is kept: the best supported, "
        "then the earliest. The others repeat it. Where the effect is not known, claims of one session are taken as "
        "the "
        "same work.",
        "If nothing of it was supported and an attempt was rejected, that one rejection speaks of all attempts "
        "before it.",
    )


def _undone(rule: Rule) -> tuple[str, ...]:
    return (
        f"Work must survive {survival(rule.undo_window_seconds)}"
        + (" (single actions have their own time)" if rule.undo_window_by_action else "")
        + ". An event that says “undone” takes the latest work before it on that record, or the claim that it "
        "names, if it "
        "is no older. Work that somebody else did after it is what is reversed, not this.",
        "A claim that would count and was built, by any number of steps, on one that spoils is tainted by the nearest.",
    )


def _order(rule: Rule) -> tuple[str, ...]:
    return (
        "Each row has exactly one verdict, the first that applies: restatement and screens; oscillation and repeat; "
        "failed, wrong value, disagreement; then for what is supported or attested: undone, tainted, aggregate, "
        "attested, "
        "supported; for the rest: no target, no evidence, outside coverage.",
    )


def _provisional(rule: Rule) -> tuple[str, ...]:
    return (
        "A verified claim is provisional while no independent system watches its record to the end of its undo window, "
        f"in general {_end(rule)}. It is verified and says so with a mark: it "
        "may still fall.",
    )


def _end(rule: Rule) -> str:
    seconds = rule.undo_window_seconds
    return f"{span(seconds)} after the work" if seconds else "the instant of the work"


def _unclaimed(rule: Rule) -> tuple[str, ...]:
    return (
        "Events that say done, of the best independent grade that watches or saw the record, with an action that some "
        "claim of the run has, that answer no claim and name none that was heard. Where a system has bindings, only "
        "those of bound accounts. Work that the vendor did not report is shown as prominently as what it did.",
    )


def _score(rule: Rule) -> tuple[str, ...]:
    return (
        "Low end: verified units ÷ claimed units. High end: verified and unverifiable units ÷ claimed units. In basis "
        "points, rounded down. What is not claimed is in neither. Nothing claimed is no score, never 0 or 100 %.",
        "Class A can be computed from the claims alone, by the vendor too; class B rests on evidence. They are never "
        "added up silently.",
    )


def _money(rule: Rule) -> tuple[str, ...]:
    return (
        "For each currency: due at least is the charge of what is verified; due at most adds what is unverifiable; "
        "overcharged at least is the charge less due at most. Whole millionths of the currency, never rounded.",
    )


MATCHING: Final = ("match_before_seconds", "match_before_by_action", "match_after_seconds", "match_after_by_action")
UNDO: Final = ("undo_window_seconds", "undo_window_by_action")
STEPS: Final = (
    Step("restatement", "3.1", "What the vendor restated", _restatement, (Reason.SUPERSEDED, Reason.DUPLICATE_ID)),
    Step(
        "screens",
        "3.2",
        "What the vendor's own line says",
        _screens,
        (
            *(Reason.OWN_FAILURE, Reason.NOT_PRODUCTION, Reason.NOT_COUNTED, Reason.NOT_COMPLETED),
            Reason.UNREGISTERED_AGENT,
        ),
        (
            *("completed_statuses", "failures_are_billed", "production_environments", "counted_actions"),
            "registered_agents",
        ),
    ),
    Step(
        "hearing",
        "3.3",
        "Which event answers which claim",
        _hearing,
        (),
        (*MATCHING, "compare_effects", "ignore_fields"),
    ),
    Step(
        "decision",
        "3.4",
        "What the witnesses say together",
        _decision,
        (
            *(Reason.SUPPORTED, Reason.FAILED, Reason.WRONG_VALUE, Reason.WITNESSES_DISAGREE, Reason.VENDOR_ATTESTED),
            *(Reason.NO_EVIDENCE, Reason.OUTSIDE_COVERAGE, Reason.NO_TARGET),
        ),
        ("independent_grades",),
    ),
    Step(
        "bursts",
        "3.5",
        "The same work again",
        _bursts,
        (Reason.OSCILLATION, Reason.REPEAT),
        ("burst_window_seconds", "burst_minimum", "oscillation_voids"),
    ),
    Step("undoing", "3.6", "What did not last", _undone, (Reason.UNDONE, Reason.TAINTED), (*UNDO, "taint_from")),
    Step("order", "3.7", "Which verdict goes first", _order, (Reason.AGGREGATE,)),
    Step("provisional", "3.7", "What may still fall", _provisional),
    Step("unclaimed", "4", "Work that nobody claimed", _unclaimed),
    Step("score", "4", "The score", _score),
    Step("money", "4", "Money", _money),
)
CHECKS: Final = (
    "Every claim row has exactly one verdict.",
    "No event answers two claims; no claim has two events of one system.",
    "Units and charges of the verdicts are those of the claims.",
    "A verified claim has an independent supporting event, and no independent word of a better grade against it.",
    "A repeat points to a claim of its own burst that is no repeat.",
)
