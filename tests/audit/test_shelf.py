"""What a process keeps of dear answers: bounded, and nobody can change it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from audit.models import Run
from audit.queries import explanations
from audit.queries.shelf import Shelf


class Finder:
    """Finds an answer and counts how often it had to."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self) -> Any:
        self.asked += 1
        return self.answer


def test_an_answer_is_found_once_and_cannot_be_changed_by_who_got_it() -> None:
    shelf, find = Shelf(10_000), Finder({"rows": [1]})
    shelf.fetch(("run", "a"), find)["rows"].append(2)
    assert shelf.fetch(("run", "a"), find) == {"rows": [1]}
    assert find.asked == 1
    shelf.fetch(("run", "b"), find)
    assert find.asked == 2


def test_nothing_is_looked_for_again() -> None:
    shelf, find = Shelf(10_000), Finder(None)
    assert shelf.fetch(("row",), find) is None
    assert shelf.fetch(("row",), find) is None
    assert find.asked == 2


def test_what_was_not_asked_for_longest_goes_first() -> None:
    shelf = Shelf(1_000)
    finders = [Finder("x" * 8) for _ in range(101)]  # ten bytes each with their quotes
    for number in (*range(100), 0, 100):
        shelf.fetch((str(number),), finders[number])
    shelf.fetch(("0",), finders[0])
    shelf.fetch(("1",), finders[1])
    assert (finders[0].asked, finders[1].asked) == (1, 2)


def test_a_large_answer_drives_nothing_out() -> None:
    shelf, small, large = Shelf(1_000), Finder("x"), Finder("x" * 9)
    for _ in range(2):
        shelf.fetch(("small",), small)
        shelf.fetch(("large",), large)
    assert (small.asked, large.asked) == (1, 2)


def test_an_explanation_is_kept_for_its_run_vendor_and_claim_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def explained(run: Run, vendor: str, claim_id: str) -> dict[str, Any]:
        asked.append((str(run.pk), vendor, claim_id))
        return {"of": asked[-1]}

    monkeypatch.setattr(explanations, "_explained", explained)
    one, other = (Run(tenant_id=uuid4()) for _ in range(2))
    wanted = [(one, "v", "c1"), (other, "v", "c1"), (one, "w", "c1"), (one, "v", "c2")]
    for run, vendor, claim_id in wanted * 2:
        assert explanations.explain(run, vendor, claim_id) == {"of": [str(run.pk), vendor, claim_id]}
    assert asked == [(str(run.pk), vendor, claim_id) for run, vendor, claim_id in wanted]
