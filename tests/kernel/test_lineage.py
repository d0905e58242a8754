"""The nearest bad ancestor, against a plain walk over random families with cycles."""

from __future__ import annotations

import random

import numpy as np
import pytest

from audit.kernel.lineage import nearest, spoilt


def walk(parent: list[int], is_bad: list[bool], node: int) -> int:
    """The nearest bad ancestor of one node, step by step; a cycle ends where it closes."""
    seen = {node}
    at = parent[node]
    while at >= 0 and at not in seen:
        if is_bad[at]:
            return at
        seen.add(at)
        at = parent[at]
    return -1


@pytest.mark.parametrize("seed", range(60))
def test_it_finds_what_a_walk_finds(seed: int) -> None:
    rng = random.Random(seed)
    size = rng.choice([1, 2, 3, 8, 60])
    parent = [rng.randrange(-1, size) for _ in range(size)]
    is_bad = [rng.random() < 0.2 for _ in range(size)]
    found = nearest(np.array(parent, dtype=np.int64), np.array(is_bad))
    assert found.tolist() == [walk(parent, is_bad, node) for node in range(size)]


def test_a_long_line_takes_few_turns() -> None:
    size = 200_000
    parent = np.arange(-1, size - 1, dtype=np.int64)
    is_bad = np.zeros(size, dtype=bool)
    is_bad[0] = True
    assert nearest(parent, is_bad)[-1] == 0


def test_what_is_itself_tainted_no_longer_spoils_by_its_own_reason() -> None:
    parent = np.array([-1, 0, 1, 2], dtype=np.int64)
    is_bad = np.array([True, True, False, False])
    is_open = np.array([False, True, True, True])
    assert spoilt(parent, is_bad, is_open, taint_spoils=False).tolist() == [-1, 0, 0, 0]
    assert spoilt(parent, is_bad, is_open, taint_spoils=True).tolist() == [-1, 0, 1, 2]


def test_steps_round_a_cycle_that_only_hang_on_one_another_spoil_the_others_and_not_themselves() -> None:
    # 0 and 1 are each other's parents; 2 hangs on 0, 3 on 2; 0 and 1 would only be attested, which spoils here
    parent = np.array([1, 0, 0, 2], dtype=np.int64)
    is_bad = np.array([True, True, False, False])
    is_open = np.array([True, True, True, True])
    assert spoilt(parent, is_bad, is_open, taint_spoils=False).tolist() == [-1, -1, 0, 0]
    assert spoilt(parent, is_bad, is_open, taint_spoils=True).tolist() == [1, 0, 0, 2]


def test_a_wrong_step_on_a_cycle_spoils_the_attested_ones_beside_it() -> None:
    parent = np.array([1, 2, 0, 0], dtype=np.int64)
    is_bad = np.array([True, True, True, False])
    is_open = np.array([True, True, False, True])
    assert spoilt(parent, is_bad, is_open, taint_spoils=False).tolist() == [2, 2, -1, 2]
