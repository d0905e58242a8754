"""Seeded random worlds, small and nasty: few targets, agents, actions and instants, so that ties and edges abound.

`world(seed)` makes one; `pack(worlds)` merges many worlds of one rule into one, so that one run of the kernel
judges thousands.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.kernel.twin.basics import DEFAULT_RULE, MICROS, after_micros, before_micros, undo_micros

Row = dict[str, Any]
RULE_COUNT: Final = 40
START: Final = 1_767_225_600 * MICROS  # 2026-01-01T00:00:00Z
DAY: Final = 86_400 * MICROS
KINDS: Final = ("claims", "evidence", "coverage", "actors")

VENDORS: Final = ("acme", "Bolt")
AGENTS: Final = ("a1", "a2")
ACTIONS: Final = ("record_update", "case_resolution")
TARGETS: Final = ("crm/Case/1", "crm/Case/10", "crm/Ca_e/1", "crm/case/1", "erp/Order/1")
PREFIXES: Final = ("crm/", "crm/Case/", "crm/Ca_e/", "crm/%/", "crm/Case/1", "crm/Case", "erp/", "erp/Order/1")
SESSIONS: Final = (None, "k1", "k2")
ACTORS: Final = ("bot", "ann")
EFFECTS: Final[tuple[Row | None, ...]] = (
    None,
    {"status": "closed"},
    {"status": "open"},
    {"owner": "x", "status": "closed"},
    {"owner": "y", "status": "closed"},
    {"owner": "x"},
    {"note": "1.5", "status": "closed"},
    {"note": ""},
    {'a "quoted" näme': "b\\n\n{}", "status": "closed"},
)
CLAIM_IDS: Final = ("c1", "c10", "c2", "C3", "ü4", "c5")
GRADE_SETS: Final = (
    ("A",),
    ("A", "A"),
    ("A", "B"),
    ("B", "B", "D"),
    ("A", "A", "B", "C"),
    ("D",),
    ("B", "C", "C", "D"),
)
SCARCE: Final = (0.0, 0.0, 0.1, 0.4)
LIKELY: Final = (0.1, 0.5, 0.9)

# Fields whose values are a world's own, to be prefixed when worlds are packed.
OWN: Final = {
    "claims": ("vendor", "claim_id", "agent_id", "action", "target", "session_id", "parent_id"),
    "evidence": ("system", "event_id", "vendor", "target", "action", "actor", "claim_ref"),
    "coverage": ("system", "target_prefix", "action"),
    "actors": ("system", "actor", "vendor", "agent_id"),
}
OWN_LISTS: Final = ("counted_actions", "registered_agents")
OWN_MAPS: Final = ("match_before_by_action", "match_after_by_action", "undo_window_by_action")


@dataclass
class World:
    """The four inputs and a rule; `number` is the seed that made it."""

    number: int
    rule: Row
    claims: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)
    coverage: list[Row] = field(default_factory=list)
    actors: list[Row] = field(default_factory=list)

    def rows(self, kind: str) -> list[Row]:
        """Return the rows of one kind of input."""
        rows: list[Row] = getattr(self, kind)
        return rows

    def with_rows(self, kind: str, rows: list[Row]) -> World:
        """Return the same world with other rows of one kind."""
        other = replace(self)
        setattr(other, kind, rows)
        return other


def rule_of(number: int) -> Row:
    """Return rule `number` of RULE_COUNT: the first is all defaults, the others vary every name."""
    if number == 0:
        return {}
    rng = random.Random(f"rule {number}")
    return {
        "match_before_seconds": rng.choice([60, 60, 0, 1]),
        "match_before_by_action": rng.choice([{}, {"case_resolution": 0}, {"record_update": 120}]),
        "match_after_seconds": rng.choice([300, 300, 0, 30, 10_000_000_000]),
        "match_after_by_action": rng.choice([{}, {"case_resolution": 600}, {"record_update": 5}]),
        "counted_actions": rng.choice([None] * 5 + [["record_update"]]),
        "production_environments": rng.choice([["production"], ["production"], ["production", "sandbox"]]),
        "completed_statuses": rng.choice([["completed"], ["completed"], ["completed", "escalated"]]),
        "registered_agents": rng.choice([None] * 5 + [["a1"]]),
        "independent_grades": rng.choice([["A", "B", "C"], ["A", "B", "C"], ["A", "B"], ["A"]]),
        "failures_are_billed": rng.random() < 0.3,
        "compare_effects": rng.random() < 0.8,
        "ignore_fields": rng.choice([[], [], ["note"], ["owner"], ["owner", "note"]]),
        "burst_window_seconds": rng.choice([300, 300, 60, 0, 10_000_000_000]),
        "burst_minimum": rng.choice([2, 2, 2, 3, 1]),
        "oscillation_voids": rng.random() < 0.8,
        "undo_window_seconds": rng.choice([604_800, 604_800, 600, 60, 10_000_000_000]),
        "undo_window_by_action": rng.choice([{}, {"case_resolution": 120}, {"record_update": 3600}]),
        "taint_from": rng.choice(
            [
                ["wrong_value", "failed"],
                ["wrong_value", "failed"],
                ["wrong_value", "failed", "undone", "witnesses_disagree"],
                ["no_evidence", "repeat", "oscillation"],
                ["superseded", "own_failure", "not_production", "no_target", "outside_coverage"],
                ["failed", "tainted", "vendor_attested", "aggregate"],
                ["failed", "vendor_attested", "aggregate"],
                [],
            ]
        ),
    }


class Maker:
    """Makes one world: every world draws its own chances, so that some are all bursts and others all witnesses."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"world {seed}")
        self.world = World(seed, rule_of(seed % RULE_COUNT))
        self.rule = {**DEFAULT_RULE, **self.world.rule}
        self.few = {
            name: self.rng.choice(SCARCE)
            for name in ("other_vendor", "no_target", "screen", "restate", "units", "parent", "effect_off", "vendor")
        }
        self.many = {name: self.rng.choice(LIKELY) for name in ("effect", "mirror", "reference", "one_record")}
        self.few["no_action"] = self.rng.choice([0.0, 0.1, 0.5])
        self.few["undone"] = self.rng.choice([0.0, 0.1, 0.5])
        self.few["failed"] = self.rng.choice([0.0, 0.1, 0.5])
        self.few["actor"] = self.rng.choice(SCARCE)
        self.crowd = 1
        self.effects = self.rng.sample(EFFECTS, 3)
        grades = self.rng.choice(GRADE_SETS)
        self.apply_leaning(self.rng.choice(["none", "none", "bursts", "chains", "quarrels", "undoing", "crowds"]))
        names = self.rng.sample("pqrstu", len(grades))
        self.systems = dict(zip(names, grades, strict=True))

    def apply_leaning(self, leaning: str) -> None:
        """Make deep clauses likely: most random worlds would end at the first steps."""
        if leaning != "none":
            self.few.update(screen=0.05, restate=0.05, vendor=0.1, no_action=0.1, no_target=0.03)
            self.many.update(mirror=0.9)
        if leaning == "bursts":
            self.effects = [{"status": "open"}, {"status": "closed"}, self.rng.choice(EFFECTS)]
            self.many.update(one_record=0.95, effect=0.9)
        if leaning == "chains":
            self.few.update(parent=0.8, effect_off=0.3, failed=0.3)
        if leaning == "quarrels":
            self.few.update(effect_off=0.5, failed=0.3, undone=0.1)
            self.many.update(effect=0.9, one_record=0.5)
        if leaning == "crowds":
            self.crowd = self.rng.choice([1, 3])
            self.few.update(other_vendor=0.4, no_action=0.2)
            self.many.update(one_record=0.95, reference=0.1)
        if leaning == "undoing":
            self.few.update(undone=0.4, failed=0.0)

    def chance(self, share: float) -> bool:
        """Return true with this probability."""
        return self.rng.random() < share

    def make(self) -> World:
        """Make the whole world."""
        pick = self.rng
        for _ in range(self.crowd * pick.choice([1, 2, 3, 5, 7, 10])):
            self.world.claims.append(self.claim())
        for row in list(self.world.claims):
            if self.chance(self.few["restate"]):
                self.world.claims.append(self.restated(row))
        pick.shuffle(self.world.claims)
        for _ in range(self.crowd * pick.choice([1, 3, 5, 8, 12, 18])):
            self.world.evidence.append(self.event())
        for _ in range(pick.choice([0, 1, 1, 2, 3, 5])):
            self.world.coverage += self.torn(self.watch())
        if self.chance(0.4):
            self.world.actors += [self.binding() for _ in range(pick.choice([1, 2, 3]))]
        return self.world

    def claim(self) -> Row:
        """Make one claim, near an earlier one as likely as not."""
        pick = self.rng
        one_record = self.chance(self.many["one_record"])
        screened = self.chance(self.few["screen"])
        return {
            "vendor": VENDORS[self.chance(self.few["other_vendor"])],
            "claim_id": f"{pick.choice(CLAIM_IDS)}" if self.chance(0.08) else f"c{len(self.world.claims) + 1}",
            "revision": 0,
            "withdrawn": False,
            "agent_id": AGENTS[0] if one_record else pick.choice(AGENTS),
            "action": ACTIONS[0] if one_record else pick.choice(ACTIONS),
            "target": None
            if self.chance(self.few["no_target"])
            else TARGETS[0]
            if one_record
            else pick.choice(TARGETS),
            "occurred_at": self.claim_instant(),
            "session_id": pick.choice(SESSIONS),
            "parent_id": f"c{pick.randint(1, 6)}" if self.chance(self.few["parent"]) else None,
            "environment": pick.choice(["production", "sandbox"]) if screened else "production",
            "status": pick.choice(["completed", "failed", "escalated", "unknown"]) if screened else "completed",
            "units": pick.choice([2, 3]) if self.chance(self.few["units"]) else 1,
            "charge_micros": pick.choice([None, 0, 500_000, 2_000_000, -100_000]),
            "currency": pick.choice([None, "EUR", "USD"]),
            "tokens_input": pick.choice([None, 10]),
            "tokens_cached": pick.choice([None, 3]),
            "tokens_output": pick.choice([None, 7]),
            "effect": self.effect(),
        }

    def claim_instant(self) -> int:
        """Return the instant of a claim: on, or at an edge of the burst window after, another one."""
        if not self.world.claims or self.chance(0.2):
            return START + int(self.rng.choice([0, 0, 30, 3600])) * MICROS
        window = int(self.rule["burst_window_seconds"]) * MICROS
        step = self.rng.choice([0, 0, 1, MICROS, 30 * MICROS, window, window + 1])
        return int(self.rng.choice(self.world.claims)["occurred_at"]) + step

    def effect(self) -> Row | None:
        """Return one of the world's few effects, or none."""
        effect = self.rng.choice(self.effects) if self.chance(self.many["effect"]) else None
        return dict(effect) if effect else None

    def restated(self, row: Row) -> Row:
        """Return the same claim once more: a duplicate, a higher revision, or withdrawn."""
        again = dict(row)
        again["revision"] = row["revision"] + self.rng.choice([0, 0, 1, 2])
        again["withdrawn"] = self.chance(0.25)
        if self.chance(0.5):
            again["effect"] = self.effect()
            again["occurred_at"] = self.claim_instant()
        return again

    def event(self) -> Row:
        """Make one event: the mirror of some claim, with some thing off, or anything."""
        pick = self.rng
        system = pick.choice(list(self.systems))
        grade = self.systems[system]
        claim = pick.choice(self.world.claims)
        mirror = self.chance(self.many["mirror"])
        undone = self.chance(self.few["undone"])
        vendor = claim["vendor"] if grade == "D" or self.chance(self.few["vendor"]) else None
        if vendor and self.chance(0.2):
            vendor = pick.choice(VENDORS)
        effect = claim["effect"] if mirror and not self.chance(self.few["effect_off"]) else self.effect()
        return {
            "system": system,
            "event_id": self.event_id(system),
            "grade": grade,
            "vendor": vendor,
            "target": claim["target"] if mirror else pick.choice((*TARGETS, None)),
            "action": None
            if self.chance(self.few["no_action"])
            else claim["action"]
            if mirror
            else pick.choice(ACTIONS),
            "occurred_at": self.undone_instant(claim) if undone else self.event_instant(claim),
            "actor": pick.choice(ACTORS) if self.chance(self.few["actor"]) else None,
            "outcome": "undone" if undone else "failed" if self.chance(self.few["failed"]) else "done",
            "units": pick.choice([1, 1, 2]),
            "effect": dict(effect) if effect and not self.chance(0.1) else None,
            "claim_ref": self.reference(claim, mirror),
        }

    def event_id(self, system: str) -> str:
        """Return an id that is new in this system; other systems may have it too."""
        known = {event["event_id"] for event in self.world.evidence if event["system"] == system}
        return self.rng.choice([name for name in (f"e{number}" for number in range(90)) if name not in known])

    def reference(self, claim: Row, mirror: bool) -> str | None:
        """Return the claim's id, another's, an unknown one, or none."""
        if not self.chance(self.many["reference"] * 0.5):
            return None
        return str(claim["claim_id"]) if mirror else self.rng.choice([*CLAIM_IDS, "nobody"])

    def event_instant(self, claim: Row) -> int:
        """Return an instant on, inside, on the edge of, or one microsecond past a claim's window."""
        before = before_micros(self.rule, claim["action"])
        after = after_micros(self.rule, claim["action"])
        steps = [0, 0, 1, MICROS, 30 * MICROS, -1, -before, -before - 1, after, after + 1]
        return int(claim["occurred_at"]) + self.rng.choice(steps)

    def undone_instant(self, claim: Row) -> int:
        """Return an instant at an edge of the undo window of a claim or of an event."""
        bases = [claim["occurred_at"], *(event["occurred_at"] for event in self.world.evidence)]
        window = undo_micros(self.rule, claim["action"])
        step = self.rng.choice([0, 0, 1, MICROS, 40 * MICROS, window, window + 1, -1])
        return int(self.rng.choice(bases)) + step

    def watch(self) -> Row:
        """Make one coverage row, most often wide, else with an edge where a window or an undo window ends."""
        pick = self.rng
        system = pick.choice(list(self.systems))
        claim = pick.choice(self.world.claims)
        before = before_micros(self.rule, claim["action"])
        after = after_micros(self.rule, claim["action"])
        undo = undo_micros(self.rule, claim["action"])
        at = claim["occurred_at"]
        ends = [at + after, at + after - 1, at, at + undo, at + undo - 1, at + undo + DAY]
        wide = self.chance(0.5)
        return {
            "system": system,
            "grade": self.systems[system],
            "target_prefix": "crm/" if wide else pick.choice(PREFIXES),
            "action": pick.choice(ACTIONS) if self.chance(0.2) else None,
            "starts_at": START - DAY if wide else pick.choice([START - DAY, at - before, at - before + 1, at]),
            "ends_at": START + 9 * DAY if wide else max(at + 1, pick.choice(ends)),
        }

    def torn(self, row: Row) -> list[Row]:
        """Return a coverage row whole, or torn at a claim's instant into two that touch, overlap, or miss a moment."""
        at = self.rng.choice(self.world.claims)["occurred_at"] + self.rng.choice([0, MICROS, -1])
        if self.chance(0.6) or not row["starts_at"] < at < row["ends_at"] - 1:
            return [row]
        later = {**row, "starts_at": at + self.rng.choice([0, 0, 1, -1])}
        return self.rng.sample([{**row, "ends_at": at}, later], 2)

    def binding(self) -> Row:
        """Say who is an agent in a system."""
        return {
            "system": self.rng.choice(list(self.systems)),
            "actor": self.rng.choice(ACTORS),
            "vendor": self.rng.choice(VENDORS),
            "agent_id": self.rng.choice(AGENTS),
        }


def world(seed: int) -> World:
    """Make the world of a seed; its rule is `rule_of(seed % RULE_COUNT)`."""
    return Maker(seed).make()


def prefixed(row: Row, kind: str, prefix: str) -> Row:
    """Return a row whose own values carry the world's prefix."""
    return {name: prefix + value if name in OWN[kind] and value is not None else value for name, value in row.items()}


def prefix_of(number: int) -> str:
    """Return the prefix of a world's own values."""
    return f"{number:06d}~"


def pack(worlds: Iterable[World]) -> World:
    """Merge worlds of one rule into one world in which none can see another."""
    worlds = list(worlds)
    rule = dict(worlds[0].rule)
    prefixes = [prefix_of(each.number) for each in worlds]
    for name in OWN_LISTS:
        if rule.get(name) is not None:
            rule[name] = [prefix + value for prefix in prefixes for value in rule[name]]
    for name in OWN_MAPS:
        if name in rule:
            rule[name] = {prefix + key: value for prefix in prefixes for key, value in rule[name].items()}
    packed = World(-1, rule)
    for each, prefix in zip(worlds, prefixes, strict=True):
        for kind in KINDS:
            packed.rows(kind).extend(prefixed(row, kind, prefix) for row in each.rows(kind))
    return packed
