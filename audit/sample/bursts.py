"""Stories of several lines: loops, rejected retries, swings, honest progress, chains built on a wrong step.

Each says which clause of the law makes its lines what they are (audit/kernel/README.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from audit.kernel.terms import Reason
from audit.sample import world
from audit.sample.clock import MINUTE, SECOND, Ints
from audit.sample.stage import KNOWN, NOTHING, REASONS, Scene, Stage, split

RETRIES: Final = (1, 1, 2, 2, 3, 4, 6)
LOOPS: Final = (3, 5, 8, 12, 18, 26, 38, 49)
SWINGS: Final = (3, 4, 4, 5, 6, 8)
STEPS: Final = (2, 3, 4)
CHAINS: Final = (1, 2, 3, 4, 6)
WITNESSED: Final = (world.CRM, world.DESK, world.GATEWAY, world.PARTNER)
OF_RECORD: Final = (world.CRM, world.DESK)
SUPPORTED: Final = REASONS.index(Reason.SUPPORTED)


def tell(stage: Stage) -> None:
    """All stories of several lines. What they take of other reasons comes off what is left of those."""
    count = stage.left[Reason.REPEAT]
    looping = stage.jobs(*OF_RECORD, agent=world.LOOPING_AGENT)
    rejected(stage, count // 10)
    if len(looping):
        loops(stage, count * 7 // 10, looping, LOOPS, growing=True)
    loops(stage, stage.left[Reason.REPEAT], stage.jobs(*WITNESSED), RETRIES + LOOPS[:4], growing=False)
    swings(stage)
    tainted(stage, stage.left[Reason.TAINTED] * 2 // 5, Reason.FAILED)
    tainted(stage, stage.left[Reason.TAINTED], Reason.WRONG_VALUE)


def loops(stage: Stage, count: int, jobs: Ints, sizes: tuple[int, ...], *, growing: bool) -> None:
    """The same work again and again: the first line takes the event, `count` others repeat it.

    One group, for all lines carry one effect, or none and one session. In some short bursts the system saw every
    write: then each line takes its own event, all are supported before the burst is looked at, and one is kept.
    """
    more = split(stage.rng, count, sizes)
    stories = stage.scene(len(more), jobs, growing=growing)
    lines, place = stories.spread(more + 1)
    lines.at = lines.at + stage.pace(place, 2, 24)
    stage.claim(lines, np.where(place == 0, SUPPORTED, REASONS.index(Reason.REPEAT)))
    every = np.repeat((more <= 4) & stage.chance(len(more), 0.15), more + 1)
    seen = lines.only((place == 0) | every)
    stage.event(seen, stage.seconds(len(seen), 1, 1.9))


def rejected(stage: Stage, count: int) -> None:
    """Hammering at a closed door: the first line takes the one rejection, the others, not later than it, repeat it."""
    more = split(stage.rng, count, (1, 2, 3), most=stage.left[Reason.FAILED])
    if not len(more):
        return
    lines, place = stage.scene(len(more), stage.jobs(*OF_RECORD, world.GATEWAY)).spread(more + 1)
    started = lines.at
    lines.at = started + stage.pace(place, 1, 2)
    stage.claim(lines, np.where(place == 0, REASONS.index(Reason.FAILED), REASONS.index(Reason.REPEAT)))
    longest = 2 * (int(more.max()) + 1) * SECOND
    stage.event(lines.only(place == 0), longest + 3 * SECOND, outcome=world.FAILED)


def swings(stage: Stage) -> None:
    """One field goes to and fro, each write seen: a value comes back after another one, so nothing is left."""
    sizes = split(stage.rng, stage.left[Reason.OSCILLATION], SWINGS, least=3)
    stories = stage.scene(len(sizes), stage.jobs(*OF_RECORD, action=world.UPDATE), known=1.0)
    lines, place = stories.spread(sizes)
    lines.at = lines.at + stage.pace(place, 20, 60)
    lines.effect = np.where(place % 2 == 0, lines.effect, stage.other(lines.effect, 3))
    stage.claim(lines, Reason.OSCILLATION)
    stage.event(lines, stage.seconds(len(lines), 1, 4))


def progress(stage: Stage, count: int) -> None:
    """Honest work in quick steps on one record: every step writes a new value and is seen, none comes back."""
    sizes = split(stage.rng, count, STEPS)
    stories = stage.scene(len(sizes), stage.jobs(*OF_RECORD, action=world.UPDATE), known=1.0)
    lines, place = stories.spread(sizes)
    lines.at = lines.at + stage.pace(place, 15, 90)
    lines.effect = stage.other(lines.effect, place)
    stage.claim(lines, Reason.SUPPORTED)
    stage.event(lines, stage.seconds(len(lines), 1, 4))


def tainted(stage: Stage, count: int, root: Reason) -> None:
    """Chains whose first step failed or wrote something else; `count` steps, each on its own record, are built on it.

    Each of them would be verified; the nearest ancestor whose reason is in taint_from is the first step.
    """
    more = split(stage.rng, count, CHAINS, most=stage.left[root])
    stories = stage.scene(len(more), stage.jobs(*OF_RECORD, action=world.UPDATE), known=1.0)
    lines, place = stories.spread(more + 1)
    lines.at = lines.at + stage.pace(place, 20, 120)
    lines.record = stage.fresh(len(lines))
    rows = stage.lines.size + np.arange(len(lines), dtype=np.int64)
    reason = np.where(place == 0, REASONS.index(root), REASONS.index(Reason.TAINTED))
    stage.claim(lines, reason, parent=np.where(place == 0, NOTHING, rows - 1))
    _first_step(stage, lines.only(place == 0), root)
    built = lines.only(place > 0)
    stage.event(built, stage.seconds(len(built), 1, 5))


def _first_step(stage: Stage, steps: Scene, root: Reason) -> None:
    """What the system saw of the step that was wrong."""
    lag = stage.seconds(len(steps), 1, 5)
    if root is Reason.FAILED:
        stage.event(steps, lag, outcome=world.FAILED)
    else:
        stage.event(steps, lag, effect=stage.other(steps.effect))


def sessions(stage: Stage, count: int) -> tuple[Scene, Ints]:
    """`count` lines of plain good work: sessions of one to four steps, each on its own record; their parents too."""
    sizes = split(stage.rng, count, (1, 1, 1, 1, 2, 2, 3, 4))
    lines, place = stage.scene(len(sizes), stage.jobs(*WITNESSED)).spread(sizes)
    lines.at = lines.at + stage.pace(place, 12, 4 * MINUTE // SECOND)
    lines.record = stage.fresh(len(lines))
    of_record = lines.home <= world.DESK
    known = of_record & stage.chance(len(lines), KNOWN)
    lines.effect = np.where(known, stage.effects(lines.job), NOTHING)
    parent = np.where(place == 0, NOTHING, stage.lines.size + np.arange(len(lines), dtype=np.int64) - 1)
    return lines, parent
