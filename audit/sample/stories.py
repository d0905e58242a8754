"""Stories of one line (or of one and its shadow): every reason that a single claim can have.

Each says which clause of the law makes its lines what they are (audit/kernel/README.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from audit.kernel.terms import Reason
from audit.sample import bursts, planted, world
from audit.sample.bursts import OF_RECORD, WITNESSED
from audit.sample.clock import DAY, ENDS_AT, HOUR, Flags, Ints
from audit.sample.stage import AGENT_NUMBERS, NOTHING, PERSON, Scene, Stage

LOGGING_VENDOR: Final = "finbot"  # the one vendor whose own log is connected
ANY: Final = (*WITNESSED, world.NOWHERE)
HARMED: Final = (world.CRM, world.DESK, world.GATEWAY)  # systems whose evidence goes on for every undo window


def tell(stage: Stage, start: int, stop: int) -> None:
    """All lines start…stop of a vendor, and what the systems saw of them and of other work."""
    bursts.tell(stage)
    screened(stage)
    restated(stage)
    duplicates(stage)
    unheard(stage)
    unseen(stage)
    rejections(stage)
    undone(stage)
    aggregates(stage)
    others_work(stage, start, stop)
    bursts.progress(stage, min(planted.portion(planted.PROGRESS, start, stop), stage.left[Reason.SUPPORTED]))
    good_work(stage, planted.portion(planted.EVENTS[stage.vendor], start, stop))


def screened(stage: Stage) -> None:
    """What the claims alone decide (3.2): each line is in order but for one thing."""
    rng = stage.rng
    for reason in (Reason.NOT_PRODUCTION, Reason.NOT_COMPLETED, Reason.OWN_FAILURE):
        scene = stage.scene(stage.left[reason], stage.jobs(*ANY))
        if reason is Reason.NOT_PRODUCTION:
            stage.claim(scene, reason, environment=rng.integers(1, len(world.ENVIRONMENTS), len(scene)))
        else:
            priced = 1 if reason is Reason.NOT_COMPLETED else rng.integers(NOTHING, 1, len(scene))
            stage.claim(scene, reason, priced=priced, status=rng.integers(1, len(world.STATUSES), len(scene)))
    stage.claim(stage.scene(stage.left[Reason.NOT_COUNTED], stage.jobs(*ANY, action=world.ROUTING)), Reason.NOT_COUNTED)
    unknown = [n for n, job in enumerate(world.JOBS) if job.vendor == stage.vendor and not job.registered]
    jobs = np.array(unknown, dtype=np.int64)
    stage.claim(stage.scene(stage.left[Reason.UNREGISTERED_AGENT], jobs), Reason.UNREGISTERED_AGENT)


def restated(stage: Stage) -> None:
    """Lower revisions (3.1): half of them corrected by a higher one that is good, the rest withdrawn in pairs."""
    pairs = stage.left[Reason.SUPERSEDED] // 4
    withdrawn = stage.scene(pairs, stage.jobs(*ANY))
    rows = stage.claim(withdrawn, Reason.SUPERSEDED)
    stage.claim(withdrawn, Reason.SUPERSEDED, same_as=rows, revision=1, withdrawn=1, priced=0)
    corrected = stage.scene(stage.left[Reason.SUPERSEDED], stage.jobs(*WITNESSED))
    rows = stage.claim(corrected, Reason.SUPERSEDED, units=2)
    stage.claim(corrected, Reason.SUPPORTED, same_as=rows, revision=1)
    stage.event(corrected, stage.lag(corrected.home))


def duplicates(stage: Stage) -> None:
    """The same claim id once more (3.1), minutes to days later: received after the first, which is good."""
    first = stage.scene(stage.left[Reason.DUPLICATE_ID], stage.jobs(*WITNESSED))
    rows = stage.claim(first, Reason.SUPPORTED)
    stage.event(first, stage.lag(first.home))
    again = first.at + stage.seconds(len(first), 5 * 60, 3 * 24 * 3_600)
    soon = first.at + stage.seconds(len(first), 5 * 60, 40 * 60)
    stage.claim(first, Reason.DUPLICATE_ID, same_as=rows, at=np.where(again < ENDS_AT, again, soon))


def unheard(stage: Stage) -> None:
    """Nobody who counts was there: no target; outside of every coverage; or only the vendor's own log."""
    stage.claim(stage.scene(stage.left[Reason.NO_TARGET], stage.jobs(*ANY)), Reason.NO_TARGET, record=NOTHING)
    dark = stage.jobs(*OF_RECORD, world.NOWHERE)
    stage.claim(stage.scene(stage.left[Reason.OUTSIDE_COVERAGE], dark, blind=True), Reason.OUTSIDE_COVERAGE)
    attested = stage.scene(stage.left[Reason.VENDOR_ATTESTED], dark, blind=True)
    stage.claim(attested, Reason.VENDOR_ATTESTED)
    stage.event(attested, stage.seconds(len(attested), 0, 2), system=world.VENDOR_LOG)


def unseen(stage: Stage) -> None:
    """A watching system saw nothing (3.4). For some the gateway said OK, or the vendor's log did: no help."""
    scene = stage.scene(stage.left[Reason.NO_EVIDENCE], stage.jobs(*WITNESSED))
    stage.claim(scene, Reason.NO_EVIDENCE)
    passed = scene.only((scene.home <= world.DESK) & stage.chance(len(scene), 0.3))
    stage.event(passed, stage.seconds(len(passed), 0, 2), system=world.GATEWAY)
    if stage.vendor == LOGGING_VENDOR:
        logged = scene.only(stage.chance(len(scene), 0.3))
        stage.event(logged, stage.seconds(len(logged), 0, 2), system=world.VENDOR_LOG)


def rejections(stage: Stage) -> None:
    """Tried and failed; written otherwise than claimed; two systems of record that contradict each other (3.4)."""
    failed = stage.scene(stage.left[Reason.FAILED], stage.jobs(*WITNESSED))
    stage.claim(failed, Reason.FAILED)
    upstream = (failed.home <= world.DESK) & stage.chance(len(failed), 0.2)  # the record saw nothing, the call failed
    system = np.where(upstream, world.GATEWAY, failed.home)
    stage.event(failed, stage.lag(failed.home), system=system, outcome=world.FAILED)
    wrong = stage.scene(stage.left[Reason.WRONG_VALUE], stage.jobs(*OF_RECORD), known=1.0)
    stage.claim(wrong, Reason.WRONG_VALUE)
    stage.event(wrong, stage.lag(wrong.home), effect=stage.other(wrong.effect))
    _disagreements(stage)


def _disagreements(stage: Stage) -> None:
    """The CRM saw it done; the desk, which mirrors the record, saw it fail or take another value."""
    scene = stage.scene(stage.left[Reason.WITNESSES_DISAGREE], stage.jobs(world.CRM), also=world.DESK, known=1.0)
    stage.claim(scene, Reason.WITNESSES_DISAGREE)
    stage.event(scene, stage.lag(scene.home))
    outcome = np.where(stage.chance(len(scene), 0.5), world.FAILED, world.DONE)
    effect = np.where(outcome == world.FAILED, NOTHING, stage.other(scene.effect))
    stage.event(scene, stage.seconds(len(scene), 5, 60), system=world.DESK, outcome=outcome, effect=effect)


def undone(stage: Stage) -> None:
    """Good work that somebody reopens or reverts inside the undo window (3.6); some name the claim that they undo."""
    scene = stage.scene(stage.left[Reason.UNDONE], stage.jobs(*HARMED))
    rows = stage.claim(scene, Reason.UNDONE)
    stage.event(scene, stage.lag(scene.home))
    late = scene.at + stage.seconds(len(scene), 3_600, 6.5 * 24 * 3_600)
    soon = scene.at + stage.seconds(len(scene), 20 * 60, 50 * 60)
    reverse(stage, scene, np.where(_watched(stage, scene, late), late, soon), rows)


def reverse(stage: Stage, scene: Scene, at: Ints, rows: Ints) -> None:
    """Events that reverse earlier work on the same records, by people, at these instants."""
    stage.event(
        scene,
        0,
        at=at,
        outcome=world.UNDONE,
        effect=NOTHING,
        actor=PERSON + stage.rng.integers(0, 40, len(scene)),
        named=np.where(stage.chance(len(scene), 0.4), 1, 0),
        reference=np.where(stage.chance(len(scene), 0.15), rows, NOTHING),
    )


def _watched(stage: Stage, scene: Scene, at: Ints) -> Flags:
    """Which of the instants lie where the scenes' home systems were watching."""
    seen = np.zeros(len(scene), dtype=np.bool_)
    for system in np.unique(scene.home):
        here = scene.home == system
        seen[here] = stage.clock.sees(int(system), at[here])
    return seen


def aggregates(stage: Stage) -> None:
    """Lines of several units whose event proves one (3.7)."""
    scene = stage.scene(stage.left[Reason.AGGREGATE], stage.jobs(*WITNESSED))
    stage.claim(scene, Reason.AGGREGATE, units=stage.rng.integers(2, 9, len(scene)))
    stage.event(scene, stage.lag(scene.home))


def others_work(stage: Stage, start: int, stop: int) -> None:
    """Work that no claim names: of the vendor's agents in the CRM, of people at the desk, of whoever elsewhere.

    And people's work in the CRM: it knows its agents, so that is nobody's unclaimed work.
    """
    unclaimed = stage.scene(planted.portion(planted.UNCLAIMED, start, stop), stage.jobs(*WITNESSED), known=0.0)
    person = PERSON + stage.rng.integers(0, 40, len(unclaimed))
    actor = np.where(unclaimed.home == world.CRM, AGENT_NUMBERS[unclaimed.job], NOTHING)
    actor = np.where(unclaimed.home == world.DESK, person, actor)
    stage.event(unclaimed, 0, named=1, actor=actor, unclaimed=1)
    people = stage.scene(planted.portion(planted.PEOPLE, start, stop), stage.jobs(world.CRM), known=0.0)
    stage.event(people, 0, named=1, actor=PERSON + stage.rng.integers(0, 40, len(people)))


def good_work(stage: Stage, events: int) -> None:
    """All that is left: seen by its home system, some by name; and second witnesses until there are `events` events.

    Some lines of several units are proved whole; some are reopened, but only after the undo window.
    """
    lines, parent = bursts.sessions(stage, stage.left[Reason.SUPPORTED])
    count = len(lines)
    units = np.where(stage.chance(count, 0.01), stage.rng.integers(2, 6, count), 1)
    rows = stage.claim(lines, Reason.SUPPORTED, parent=parent, units=units)
    by_name = (lines.home == world.DESK) & stage.chance(count, 0.15)
    hours_later = stage.seconds(count, 6 * 60, 40 * 60)  # a name needs no window
    lag = np.where(by_name & stage.chance(count, 0.2), hours_later, stage.lag(lines.home))
    stage.event(lines, lag, units=units, reference=np.where(by_name, rows, NOTHING))
    _reopened_late(stage, lines, rows)
    _second_witnesses(stage, lines, events - stage.events.size)


def _reopened_late(stage: Stage, lines: Scene, rows: Ints) -> None:
    """Work that held for its undo window and was reopened after it: it stays verified."""
    at = lines.at + 7 * DAY + 2 * HOUR + stage.seconds(len(lines), 0, 1.2 * 24 * 3_600)
    chosen = (lines.home <= world.DESK) & stage.chance(len(lines), 0.004) & _watched(stage, lines, at)
    late = lines.only(chosen)
    reverse(stage, late, at[chosen], rows[chosen])


def _second_witnesses(stage: Stage, lines: Scene, count: int) -> None:
    """The gateway (or the log of the vendor that shares it) saw the same work as the system of record."""
    able = np.flatnonzero(lines.home <= world.DESK)
    chosen = stage.rng.choice(able, min(max(count, 0), len(able)), replace=False)
    seen = lines.only(np.sort(chosen))
    own = stage.vendor == LOGGING_VENDOR
    system = np.where(stage.chance(len(seen), 0.5 if own else 0.0), world.VENDOR_LOG, world.GATEWAY)
    stage.event(seen, stage.seconds(len(seen), 0, 2), system=system)
