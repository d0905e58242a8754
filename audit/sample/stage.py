"""The stage on which one chunk of one vendor's lines is planned: rows of claims and of events, as whole numbers.

A scene is a number of stories of one kind, each on a record of its own; what happens in one can not touch another.
Text (ids, targets, effects) is made later, from the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from audit.kernel.terms import Reason
from audit.sample import world
from audit.sample.clock import SECOND, Clock, Flags, Ints

REASONS: Final = tuple(Reason)
NOTHING: Final = -1  # the number that stands for null
BLOCK: Final = 1 << 22  # numbers set aside for one chunk of one feed
FEED_BLOCK: Final = 1 << 36  # numbers set aside for one feed

LINE: Final = {
    "reason": 0,
    "job": 0,
    "at": 0,
    "record": NOTHING,
    "session": NOTHING,
    "parent": NOTHING,  # row of the step whose output this one used
    "same_as": NOTHING,  # row whose claim id this one carries
    "revision": 0,
    "withdrawn": 0,
    "environment": 0,
    "status": 0,
    "units": 1,
    "priced": 1,  # 1 by the price list, 0 for nothing, NOTHING for no charge at all
    "effect": NOTHING,
}
EVENT: Final = {
    "system": 0,
    "job": 0,
    "at": 0,
    "record": NOTHING,
    "named": 1,  # whether the system can tell the action
    "actor": NOTHING,  # agent's number, or PERSON
    "outcome": world.DONE,
    "units": 1,
    "effect": NOTHING,
    "reference": NOTHING,  # row of the claim that it names
    "unclaimed": 0,
}
PERSON: Final = 1_000  # the first number of a person
KNOWN: Final = 0.42  # share of lines in systems of record that say what they wrote


class Sheet:
    """Rows that are added in blocks: one array of whole numbers per column."""

    def __init__(self, defaults: dict[str, int]) -> None:
        self.defaults = defaults
        self.blocks: dict[str, list[Ints]] = {name: [] for name in defaults}
        self.size = 0

    def add(self, count: int, columns: dict[str, Ints | int]) -> Ints:
        """Append `count` rows, defaults where a column is not given; returns their row numbers."""
        if unknown := columns.keys() - self.defaults.keys():
            raise KeyError(f"no such column: {sorted(unknown)}")
        for name, default in self.defaults.items():
            self.blocks[name].append(np.broadcast_to(columns.get(name, default), (count,)).astype(np.int64))
        self.size += count
        return np.arange(self.size - count, self.size, dtype=np.int64)

    def columns(self) -> dict[str, Ints]:
        """Every column as one array."""
        return {name: np.concatenate(blocks) for name, blocks in self.blocks.items()}


@dataclass(slots=True)
class Scene:
    """Stories, or the lines of stories: who does what, when, to which record, with which effect."""

    job: Ints
    home: Ints
    at: Ints
    record: Ints
    session: Ints
    effect: Ints
    named: Ints  # 0 where the home system can not tell the action

    def __len__(self) -> int:
        return len(self.at)

    def only(self, chosen: Flags | Ints) -> Scene:
        """The stories chosen, by flag or by number (which may repeat)."""
        return Scene(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def spread(self, sizes: Ints) -> tuple[Scene, Ints]:
        """Each story as so many lines, and each line's place in its story, from 0."""
        story = np.repeat(np.arange(len(sizes)), sizes)
        place = np.arange(len(story), dtype=np.int64) - (np.cumsum(sizes) - sizes)[story]
        return self.only(story), place


class Stage:
    """One chunk of one feed: what is left to plan of each reason, and the rows planned so far."""

    def __init__(self, clock: Clock, vendor: str, left: dict[Reason, int], base: int, rng: np.random.Generator) -> None:
        self.clock, self.vendor, self.base, self.rng = clock, vendor, base, rng
        self.planned, self.left = dict(left), dict(left)
        self.count = sum(left.values())
        self.lines, self.events = Sheet(LINE), Sheet(EVENT)
        self.numbers = 0

    def fresh(self, count: int) -> Ints:
        """Numbers that nothing else carries: for records and sessions."""
        self.numbers += count
        return self.base + np.arange(self.numbers - count, self.numbers, dtype=np.int64)

    def jobs(self, *homes: int, action: int | None = None, agent: str | None = None) -> Ints:
        """The vendor's jobs in these systems; routing only where it is asked for."""
        chosen = [
            number
            for number, job in enumerate(world.JOBS)
            if job.vendor == self.vendor
            and job.registered
            and world.KINDS[job.kind].home in homes
            and (job.action == action if action is not None else job.action != world.ROUTING)
            and agent in (None, job.agent)
        ]
        return np.array(chosen, dtype=np.int64)

    def scene(
        self,
        count: int,
        jobs: Ints,
        *,
        blind: bool = False,
        also: int | None = None,
        growing: bool = False,
        known: float = KNOWN,
    ) -> Scene:
        """`count` stories over these jobs; a share `known` of those in systems of record says what it wrote.

        Their home systems were watching (`also` another system), or `blind`: were not.
        """
        weights = WEIGHTS[jobs] / WEIGHTS[jobs].sum()
        job = self.rng.choice(jobs, count, p=weights) if count else jobs[:0]
        home = HOMES[job]
        at = np.empty(count, dtype=np.int64)
        for system in np.unique(home):
            here = home == system
            hours = self.clock.hours(int(system), blind=blind, also=also)
            at[here] = self.clock.draw(self.rng, int(here.sum()), hours, growing=growing)
        of_record = home <= world.DESK
        effect = np.where(of_record & self.chance(count, known), self.effects(job), NOTHING)
        named = np.where((home == world.CRM) & self.chance(count, 0.25), 0, 1)
        sessions = self.fresh(count)
        session = np.where(self.chance(count, 0.9), sessions, NOTHING)
        return Scene(job, home, at, self.fresh(count), session, effect, named)

    def effects(self, job: Ints) -> Ints:
        """What each job writes: its field with some value, or the resolution."""
        value = np.where(ACTIONS[job] == world.RESOLUTION, 0, self.rng.integers(0, world.VALUES, len(job)))
        return FIELDS[job] * world.VALUES + value

    def other(self, effect: Ints, steps: Ints | int | None = None) -> Ints:
        """The same field with another value, `steps` further on (by default any)."""
        away = self.rng.integers(1, world.VALUES, len(effect)) if steps is None else steps
        return effect - effect % world.VALUES + (effect + away) % world.VALUES

    def chance(self, count: int, share: float) -> Flags:
        """A coin for each of `count`."""
        return np.asarray(self.rng.random(count) < share)

    def seconds(self, count: int, low: float, high: float) -> Ints:
        """Spans in whole milliseconds, as microseconds."""
        return 1_000 * self.rng.integers(int(low * 1_000), int(high * 1_000) + 1, count)

    def pace(self, place: Ints, low: float, high: float) -> Ints:
        """How long after its story began each line comes, if each gap is between `low` and `high` seconds."""
        gaps = np.where(place == 0, 0, self.seconds(len(place), low, high))
        total = np.cumsum(gaps)
        since: Ints = total - total[np.arange(len(place)) - place]
        return since

    def lag(self, home: Ints) -> Ints:
        """How long after the vendor's clock a system's clock says: seconds, a tenth of them early by a skew."""
        slow = np.where(home == world.DESK, 90.0, 9.0)
        late = (300_000 + self.rng.random(len(home)) * slow * SECOND).astype(np.int64)
        return np.where(self.chance(len(home), 0.1), -self.seconds(len(home), 1, 25), late)

    def claim(self, scene: Scene, reason: Reason | Ints, **columns: Ints | int) -> Ints:
        """Write claim lines with the reason (or its number, line by line) that the law must find; their rows."""
        number = REASONS.index(reason) if isinstance(reason, Reason) else reason
        plain: dict[str, Ints | int] = {
            name: getattr(scene, name) for name in ("job", "at", "record", "session", "effect")
        }
        rows = self.lines.add(len(scene), plain | {"reason": number} | columns)
        numbers = np.broadcast_to(number, (len(scene),))
        for found, lines in zip(*np.unique(numbers, return_counts=True), strict=True):
            self.left[REASONS[found]] -= int(lines)
        return rows

    def event(self, scene: Scene, lag: Ints | int, **columns: Ints | int) -> None:
        """Write what a system saw of these lines, `lag` microseconds after each; by default their home system."""
        at = scene.at + lag
        system = np.broadcast_to(columns.get("system", scene.home), (len(scene),))
        coarse = system != world.GATEWAY
        agent = np.where((system == world.CRM) & self.chance(len(scene), 0.8), AGENT_NUMBERS[scene.job], NOTHING)
        plain: dict[str, Ints | int] = {
            "system": system,
            "job": scene.job,
            "record": scene.record,
            "effect": np.where(system <= world.DESK, scene.effect, NOTHING),
            "named": np.where(system == world.CRM, scene.named, 1),
            "actor": agent,
            "at": np.where(coarse, at // SECOND * SECOND, at),
        }
        self.events.add(len(scene), plain | columns)


HOMES: Final = np.array([world.KINDS[job.kind].home for job in world.JOBS], dtype=np.int64)
ACTIONS: Final = np.array([job.action for job in world.JOBS], dtype=np.int64)
FIELDS: Final = np.array([job.field for job in world.JOBS], dtype=np.int64)
WEIGHTS: Final = np.array([job.weight for job in world.JOBS], dtype=np.float64)
AGENT_NUMBERS: Final = np.array([world.AGENTS.index(job.agent) for job in world.JOBS], dtype=np.int64)


def split(rng: np.random.Generator, count: int, sizes: tuple[int, ...], *, least: int = 1, most: int = 1 << 60) -> Ints:
    """Cut `count` into parts of these sizes, drawn at random, at least `least` each and at most `most` parts."""
    if count < least or most < 1:
        return np.zeros(0, dtype=np.int64)
    drawn = rng.choice(np.array(sizes, dtype=np.int64), count // min(sizes) + 1)
    parts = int(np.searchsorted(np.cumsum(drawn), count))
    cut = drawn[: parts + 1].copy()
    cut[-1] = count - cut[:-1].sum()
    if len(cut) > 1 and cut[-1] < least:
        cut = np.append(cut[:-2], cut[-2:].sum())
    if len(cut) > most:
        cut = np.full(most, count // most, dtype=np.int64)
        cut[: count % most] += 1
    return cut
