"""A record with very many claims and events is walked shelf by shelf, and judged as if it were walked pair by pair."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from audit.kernel.records import judging, pairs
from tests.kernel import desk

WALKED_IN_PAIRS = 3_000_000
"""More than the claims of these loops times their events; there is room for so many pairs."""
MIXED = [None, {"a": 1}, {"a": 2}, {"b": "x"}, {"a": 1, "b": "y"}, {"b": 'x"\\'}]


def loop(count: int, claimed: list[Any], seen: list[Any]) -> dict[str, list[desk.Row]]:
    """So many claims and events of one target in one minute, many of them at one instant; and the effects they have."""
    rng = random.Random(1)

    def instant(number: int) -> float:
        return float(rng.choice([0, rng.randrange(60), number * 60 / count]))

    claims = [
        desk.claim(
            f"c{number}",
            instant(number),
            vendor=rng.choice(["acme", "bolt"]),
            agent_id=rng.choice(["a1", "a2"]),
            effect=rng.choice(claimed),
        )
        for number in range(count)
    ]
    evidence = [
        desk.event(
            f"e{number}",
            instant(number),
            action=rng.choice(["record_update", "record_update", None]),
            outcome=rng.choice(["done", "done", "done", "failed"]),
            vendor=rng.choice([None, None, "acme"]),
            actor=rng.choice([None, "bot", "ann"]),
            effect=rng.choice(seen),
            claim_ref=f"c{rng.randrange(count)}" if number % 50 == 0 else None,
        )
        for number in range(count)
    ]
    actors = [{"system": "crm", "actor": "bot", "vendor": "acme", "agent_id": "a1"}]
    return {"claims": claims, "evidence": evidence, "coverage": [desk.watch()], "actors": actors}


LOOPS = {
    "many effects": loop(1500, MIXED, MIXED),
    "effects that conflict": loop(
        300, [{"a": value} for value in range(50)], [{"a": value} for value in range(40, 90)]
    ),
}


@pytest.mark.parametrize(
    ("world", "rules", "ranks"),
    [
        ("many effects", {}, {1, 2, 3, 4, 5, 6, 7}),
        ("many effects", {"compare_effects": False}, {1, 2, 3, 4, 5, 6, 7}),
        ("effects that conflict", {}, {1, 2, 3, 6, 7, 8, 9}),
        ("effects that conflict", {"compare_effects": False}, {1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_a_loop_on_one_record_is_judged_as_pair_by_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: str, rules: dict[str, Any], ranks: set[int]
) -> None:
    walk, walked, answers = judging.walked, [], []

    def watched(*given: Any) -> Any:
        walked.append(given[1])
        return walk(*given)

    monkeypatch.setattr(judging, "walked", watched)
    for name, at_most in (("shelves", pairs.HOT_PAIRS), ("pairs", WALKED_IN_PAIRS)):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(pairs, "HOT_PAIRS", at_most)
        summary = desk.run(tmp_path / name, **LOOPS[world], rules=rules)
        files = [desk.rows_of(tmp_path / name, file) for file in ("verdicts", "testimony", "unclaimed")]
        answers.append(({**summary, "measured": None}, files))
    assert walked == [0]  # only once, and the first time
    assert answers[0] == answers[1]
    assert {row["rank"] for row in answers[0][1][1]} == ranks
