"""The kernel held against the twin: the answers of both in one shape, their differences, and the smallest world."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audit.kernel.terms import TESTIMONY_COLUMNS, VERDICT_COLUMNS
from tests.kernel.twin.law import judge
from tests.kernel.worlds import KINDS, World, pack, prefix_of, write

Row = dict[str, Any]
VerdictKey = tuple[str, str, int, int]


@dataclass
class Answer:
    """Verdicts by (vendor, claim_id, revision, row), testimony by (vendor, claim_id, system), unclaimed events."""

    verdicts: dict[VerdictKey, Row] = field(default_factory=dict)
    testimony: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    unclaimed: set[tuple[str, str]] = field(default_factory=set)


def answer_of(verdicts: list[Row], testimony: list[Row], unclaimed: list[tuple[str, str]]) -> Answer:
    """Put the rows of a run in the shape that is compared; a row that comes twice is refused."""
    answer = Answer(
        {tuple(row[name] for name in VERDICT_COLUMNS[:4]): row for row in verdicts},
        {(row["vendor"], row["claim_id"], row["system"]): row for row in testimony},
        set(unclaimed),
    )
    sizes = (len(answer.verdicts), len(answer.testimony), len(answer.unclaimed))
    assert sizes == (len(verdicts), len(testimony), len(unclaimed)), "a row came twice"
    return answer


def event_text(system: str, event_id: str) -> str:
    """Write an event as the kernel's verdicts write it."""
    return f"{system}:{event_id}"


def twin_answer(inputs: World) -> Answer:
    """Judge a world by the twin."""
    outcome = judge(inputs.claims, inputs.evidence, inputs.coverage, inputs.actors, inputs.rule)
    verdicts = [
        {**row, "undone_by": event_text(*row["undone_by"]) if row["undone_by"] else None} for row in outcome.verdicts
    ]
    return answer_of(verdicts, outcome.testimony, outcome.unclaimed)


def kernel_answer(inputs: World, slices: int = 1, threads: int | None = None) -> Answer:
    """Judge a world by the kernel."""
    from audit.kernel.reconcile import Inputs
    from audit.kernel.reconcile import judge as kernel_judge
    from audit.kernel.ruleset import parse

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        kernel_judge(Inputs(**write(inputs, folder)), parse(inputs.rule), out, slices=slices, threads=threads)
        verdicts = pq.read_table(out / "verdicts.parquet", columns=list(VERDICT_COLUMNS)).to_pylist()
        testimony = pq.read_table(out / "testimony.parquet", columns=list(TESTIMONY_COLUMNS)).to_pylist()
        unclaimed = pq.read_table(out / "unclaimed.parquet", columns=["system", "event_id"]).to_pylist()
    return answer_of(verdicts, testimony, [(row["system"], row["event_id"]) for row in unclaimed])


def differences(kernel: Answer, twin: Answer) -> list[str]:
    """Say in one line each what differs; every line carries the world's prefix where there is one."""
    lines = []
    for what in ("verdicts", "testimony"):
        ours: dict[Any, Row] = getattr(kernel, what)
        theirs: dict[Any, Row] = getattr(twin, what)
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                lines.append(f"{what} {key}: {told(ours.get(key), theirs.get(key))}")
    for event in sorted(kernel.unclaimed ^ twin.unclaimed):
        lines.append(f"unclaimed {event}: {'kernel' if event in kernel.unclaimed else 'twin'} only")
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
    """Judge every world by the twin, alone, and put the prefixes of the pack on the answers."""
    packed = Answer()
    for each in worlds:
        answer = twin_answer(pack([each]))
        packed.verdicts |= answer.verdicts
        packed.testimony |= answer.testimony
        packed.unclaimed |= answer.unclaimed
    return packed


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
        lines += [f"{name} unclaimed: {sorted(answer.unclaimed)}"]
    return "\n".join([*lines, *differences(kernel, twin)])
