"""The kernel against the twin on packed random worlds: every field of verdicts, testimony, unclaimed.

`AWU_TWIN_WORLDS` says how many worlds (1,000 without it). A difference is shrunk to the smallest world and told with
its rows and both answers; who is right, the law decides.
"""

from __future__ import annotations

import os
import random

import pytest

from audit.kernel.records import compiled, pairs
from tests.kernel.twin.compare import differences, differing, kernel_answer, pack_answers, report, shrink, twin_answer
from tests.kernel.worlds import RULE_COUNT, World, pack, world

PACK_SIZE = 250
WORLD_COUNT = int(os.environ.get("AWU_TWIN_WORLDS", "1000"))
PACK_COUNT = max(1, WORLD_COUNT // PACK_SIZE)
# A number prime to RULE_COUNT, so that few packs already take rules from everywhere.
STRIDE = 7


def worlds_of(number: int) -> list[World]:
    """Return the worlds of a pack: all of one rule, no seed in two packs."""
    rule, block = number * STRIDE % RULE_COUNT, number // RULE_COUNT
    return [world(rule + RULE_COUNT * (block * PACK_SIZE + place)) for place in range(PACK_SIZE)]


@pytest.mark.parametrize("number", range(PACK_COUNT))
def test_the_kernel_judges_as_the_twin(number: int) -> None:
    worlds = worlds_of(number)
    lines = differences(kernel_answer(pack(worlds), slices=3 if number % 4 == 3 else 1), pack_answers(worlds))
    if lines:
        alone = differing(worlds)
        story = report(shrink(alone[0])) if alone else "(no world differs when the pack is judged in one slice)"
        pytest.fail(f"{len(alone)} of {len(worlds)} worlds differ\n" + "\n".join(lines[:20]) + "\n\n" + story)


@pytest.mark.parametrize("number", [PACK_COUNT])
def test_a_record_that_is_walked_is_judged_alike(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records with very many claims and events take another way through the kernel; here every record takes it."""
    monkeypatch.setattr(pairs, "HOT_PAIRS", 1)
    worlds = worlds_of(number)
    assert differences(kernel_answer(pack(worlds)), pack_answers(worlds)) == []


def test_worlds_in_a_pack_cannot_see_one_another() -> None:
    worlds = worlds_of(3)[:40]
    random.Random(0).shuffle(worlds)
    assert differences(twin_answer(pack(worlds)), pack_answers(worlds)) == []


@pytest.mark.parametrize("number", range(PACK_COUNT))
def test_compiled_loops_judge_alike(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large slices are judged by the same loops, compiled; here small ones are."""
    monkeypatch.setattr(compiled, "MANY", 0)
    worlds = worlds_of(number)
    assert differences(kernel_answer(pack(worlds)), pack_answers(worlds)) == []
