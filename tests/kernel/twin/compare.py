"""The kernel held against the twin: the answers of both in one shape, their differences, and the smallest world."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audit.kernel.reconcile import Inputs
from audit.kernel.reconcile import judge as kernel_judge
from audit.kernel.ruleset import parse
from audit.kernel.terms import TESTIMONY_COLUMNS, VERDICT_COLUMNS
from tests.kernel.twin import yields
from tests.kernel.twin.law import judge
from tests.kernel.twin.parquet import write
from tests.kernel.worlds import KINDS, World, pack, prefix_of

Row = dict[str, Any]
Key = tuple[Any, ...]
SCOPES = {"run": (), "vendor": ("vendor",), "agent": ("vendor", "agent_id"), "action": ("action",)}


@dataclass
class Answer:
    """What a run yields: verdicts by (vendor, claim_id, revision, row), testimony by (vendor, claim_id, system),
    unclaimed by (system, event_id), and sums (totals, scores, money) by what they are of."""

    verdicts: dict[Key, Row] = field(default_factory=dict)
    testimony: dict[Key, Row] = field(default_factory=dict)
    unclaimed: dict[Key, Row] = field(default_factory=dict)
    sums: dict[Key, Row] = field(default_factory=dict)


def by_key(rows: list[Row], names: tuple[str, ...]) -> dict[Key, Row]:
    """Return rows by the values of these columns; one that comes twice is refused."""
    found = {tuple(row[name] for name in names): row for row in rows}
    assert len(found) == len(rows), f"two rows of one {names}"
    return found


def answer_of(verdicts: list[Row], testimony: list[Row], unclaimed: list[Row]) -> Answer:
    """Put the rows of a run in the shape that is compared."""
    return Answer(
        by_key(verdicts, VERDICT_COLUMNS[:4]),
        by_key(testimony, ("vendor", "claim_id", "system")),
        by_key(unclaimed, ("system", "event_id")),
    )


def event_text(event: tuple[str, str] | None) -> str | None:
    """Write an event as the kernel's verdicts write it."""
    return None if event is None else ":".join(event)


def twin_answer(*worlds: World) -> Answer:
    """Judge worlds of one rule by the twin, each alone, and put all answers together."""
    claims: list[Row] = []
    verdicts: list[Row] = []
    testimony: list[Row] = []
    unclaimed: list[Row] = []
    for each in worlds:
        outcome = judge(each.claims, each.evidence, each.coverage, each.actors, each.rule)
        claims += each.claims
        verdicts += [{**row, "undone_by": event_text(row["undone_by"])} for row in outcome.verdicts]
        testimony += outcome.testimony
        unclaimed += [{"system": system, "event_id": event_id} for system, event_id in outcome.unclaimed]
    answer = answer_of(verdicts, testimony, unclaimed)
    answer.sums = {("totals", *group): dict(sums) for group, sums in yields.totals(claims, verdicts).items()}
    for scope, score in yields.scores(claims, verdicts).items():
        answer.sums["score", *scope] = dict(zip(("low_bps", "high_bps"), score or (None, None), strict=True))
    for currency, sums in yields.money(claims, verdicts).items():
        answer.sums["money", currency] = dict(sums)
    return answer


def kernel_answer(inputs: World, slices: int = 1, threads: int | None = None) -> Answer:
    """Judge a world by the kernel."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        summary = kernel_judge(Inputs(**write(inputs, folder)), parse(inputs.rule), out, slices=slices, threads=threads)
        answer = answer_of(
            pq.read_table(out / "verdicts.parquet", columns=list(VERDICT_COLUMNS)).to_pylist(),
            pq.read_table(out / "testimony.parquet", columns=list(TESTIMONY_COLUMNS)).to_pylist(),
            pq.read_table(out / "unclaimed.parquet", columns=["system", "event_id"]).to_pylist(),
        )
        answer.sums = kernel_sums(summary, pq.read_table(out / "totals.parquet").to_pylist())
    return answer


def kernel_sums(summary: Row, totals: list[Row]) -> dict[Key, Row]:
    """Put the kernel's totals, scores and money in the shape that is compared; a sum over nothing is 0."""
    found: dict[Key, Row] = {}
    for row in totals:
        group = (row["vendor"], row["agent_id"], row["action"], str(row["day"]), row["state"], row["reason"])
        found["totals", *group, row["currency"]] = {name: int(row[name] or 0) for name in ("claims", *yields.SUMMED)}
    for name, keys in SCOPES.items():
        for row in [summary["score"]] if name == "run" else summary["scores"][name]:
            score = {"low_bps": row["low_bps"], "high_bps": row["high_bps"]}
            found["score", name, *(row[key] for key in keys)] = score
    for row in summary["money"]:
        names = ("charged", "due_at_least", "due_at_most", "overcharged_at_least")
        found["money", row["currency"]] = {name: row[f"{name}_micros"] for name in names}
    return found


def differences(kernel: Answer, twin: Answer) -> list[str]:
    """Say in one line each what differs; a line on one world of a pack carries its prefix."""
    lines = []
    for item in fields(Answer):
        ours: dict[Key, Row] = getattr(kernel, item.name)
        theirs: dict[Key, Row] = getattr(twin, item.name)
        for key in sorted(ours.keys() | theirs.keys(), key=repr):
            if ours.get(key) != theirs.get(key):
                lines.append(f"{item.name} {key}: {told(ours.get(key), theirs.get(key))}")
    return lines


def told(kernel: Row | None, twin: Row | None) -> str:
    """Name the fields in which two rows differ."""
    if kernel is None or twin is None:
        return f"kernel {kernel}, twin {twin}"
    return ", ".join(
        f"{name}: kernel {kernel[name]!r}, twin {twin[name]!r}" for name in twin if kernel[name] != twin[name]
    )


def differing(worlds: list[World]) -> list[World]:
    """Judge worlds of one rule in one run of the kernel and return those on which the two differ."""
    by_prefix = {prefix_of(each.number): each for each in worlds}
    lines = differences(kernel_answer(pack(worlds)), pack_answers(worlds))
    return [each for prefix, each in by_prefix.items() if any(prefix in line for line in lines)]


def pack_answers(worlds: list[World]) -> Answer:
    """Judge every world of a pack by the twin, alone, in the names that it has in the pack."""
    return twin_answer(*(pack([each]) for each in worlds))


def smaller(world: World) -> Iterator[World]:
    """Every world that lacks one row of this one."""
    for kind in KINDS:
        rows = world.rows(kind)
        for place in range(len(rows)):
            yield world.with_rows(kind, rows[:place] + rows[place + 1 :])


def plainer(world: World) -> Iterator[World]:
    """Every world in which one value of one row is the plainest, or the rule lacks one name."""
    for name in world.rule:
        yield replace(world, rule={key: value for key, value in world.rule.items() if key != name})
    plain = {"effect": None, "session_id": None, "parent_id": None, "actor": None, "vendor": None, "claim_ref": None}
    for kind in ("claims", "evidence"):
        rows = world.rows(kind)
        for place, row in enumerate(rows):
            for name, value in plain.items():
                if row.get(name) is not None and (kind, name) != ("claims", "vendor") and row.get("grade") != "D":
                    yield world.with_rows(kind, [*rows[:place], {**row, name: value}, *rows[place + 1 :]])


def shrink(world: World) -> World:
    """Take rows and values away as long as kernel and twin still differ."""
    while True:
        candidates = [replace(each, number=number) for number, each in enumerate(smaller(world))]
        found = differing(candidates)[:1] if candidates else []
        if not found:
            # Rules may differ among these, so that they cannot share a run.
            found = [each for each in plainer(world) if differences(kernel_answer(each), twin_answer(each))][:1]
        if not found:
            return world
        world = found[0]


def report(world: World) -> str:
    """Return a world's rows and both answers, for a person to decide by the law who is right."""
    lines = [f"world {world.number}, rule {world.rule}"]
    for kind in KINDS:
        lines += [
            f"{kind}: { {name: value for name, value in row.items() if value is not None} }" for row in world.rows(kind)
        ]
    kernel, twin = kernel_answer(world), twin_answer(world)
    for name, answer in (("kernel", kernel), ("twin", twin)):
        for key, row in sorted(answer.verdicts.items()):
            lines.append(f"{name} {key}: {' '.join(f'{field}={value}' for field, value in list(row.items())[4:])}")
        lines.append(f"{name} unclaimed: {sorted(answer.unclaimed)}")
    return "\n".join([*lines, *differences(kernel, twin)])
