"""Why one claim has its verdict: what was considered, and why it lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.kernel import clauses, explain
from audit.kernel.reconcile import Inputs
from audit.kernel.ruleset import Rule
from audit.kernel.terms import Reason
from tests.kernel import desk
from tests.kernel.desk import claim, event, watch


def ask(folder: Path, claim_id: str, vendor: str = "acme") -> dict[str, Any]:
    inputs = Inputs(**{kind: [folder / f"{kind}.parquet"] for kind in ("claims", "evidence", "coverage", "actors")})
    return explain.explain(folder / "out", vendor, claim_id, inputs=inputs)


def fates(answer: dict[str, Any]) -> dict[str, str]:
    return {row["event_id"]: row["fate"] for row in answer["candidates"]}


def test_it_says_of_every_event_why_it_lost(tmp_path: Path) -> None:
    claims = [claim("c1", effect={"a": 1}), claim("c2", 1), claim("other", 9_000, target="crm/Case/9")]
    evidence = [
        event("good", 2, effect={"a": 1}),
        event("second", 3),
        event("late", 301),
        event("early", -60.5),
        event("bolt", vendor="bolt"),
        event("resolution", action="case_resolution"),
        event("apart", action=None, effect={"b": 1}),
        event("named", claim_ref="other"),
        event("person", actor="ann"),
        event("back", 90_000, outcome="undone", vendor="bolt"),
    ]
    actors = [{"system": "crm", "actor": "bot", "vendor": "acme", "agent_id": "a1"}]
    desk.run(tmp_path, claims, evidence, [watch()], actors)
    told = fates(ask(tmp_path, "c1"))
    assert told["good"] == "answers this claim, in rank 2 (same record and action, values agree): supports"
    assert told["second"].startswith(
        "possible in rank 4 (same record and action, values not compared), but the claim has good"
    )
    assert told["late"] == "is outside the window, 301 seconds after the claim"
    assert told["early"] == "is outside the window, 60.5 seconds before the claim"
    assert told["bolt"] == "speaks of the work of bolt"
    assert told["resolution"] == "is another action, case_resolution"
    assert told["apart"] == "does not say which action it was, and shares no field with the claim"
    assert told["named"] == "names another claim, other"
    assert told["person"] == "its actor, ann, is not bound to this agent"
    assert told["back"] == "reverses earlier work, so it answers no claim"


def test_it_names_who_took_the_event(tmp_path: Path) -> None:
    desk.run(tmp_path, [claim("c1"), claim("c2", 1)], [event("e1", 2)], [watch()])
    answer = ask(tmp_path, "c2")
    assert fates(answer)["e1"].endswith("but it answers acme c1, which had a better rank or came first")
    assert [(row["system"], row["word"]) for row in answer["watchers"]] == [("crm", None)]
    assert [(row["claim_id"], row["repeat_of"], row["is_asked"]) for row in answer["burst"]] == [
        ("c1", None, False),
        ("c2", "c1", True),
    ]
    assert "c1 is the same work" in answer["clause"]


def test_it_tells_ancestors_and_what_undid_the_work(tmp_path: Path) -> None:
    claims = [claim("c1"), claim("c2", 5, target="crm/Case/2", parent_id="c1"), claim("c3", 9, target="crm/Case/3")]
    evidence = [
        event("e1", outcome="failed"),
        event("e2", 5, target="crm/Case/2"),
        event("e3", 9, target="crm/Case/3"),
        event("u3", 99, target="crm/Case/3", outcome="undone"),
    ]
    desk.run(tmp_path, claims, evidence, [watch()])
    tainted = ask(tmp_path, "c2")
    assert tainted["verdicts"][0]["tainted_by"] == "c1"
    assert tainted["ancestors"] == [{"claim_id": "c1", "state": "contradicted", "reason": "failed"}]
    assert ask(tmp_path, "c3")["undone_by"]["event_id"] == "u3"
    assert "Undone by crm:u3" in explain.text(ask(tmp_path, "c3"))


def test_a_claim_that_was_never_heard_has_its_clause_alone(tmp_path: Path) -> None:
    desk.run(tmp_path, [claim("c1", environment="test")], [event("e1")])
    answer = ask(tmp_path, "c1")
    assert answer["clause"] == "Its environment is not production."
    assert answer["window"] is None
    assert answer["candidates"] == []


def test_it_names_both_values_where_they_differ(tmp_path: Path) -> None:
    desk.run(tmp_path, [claim("c1", effect={"a": "x"})], [event("e1", 2, effect={"a": "y"})], [watch()])
    assert ask(tmp_path, "c1")["clause"] == 'crm:e1 saw {"a":"y"} written; the claim names {"a":"x"}.'


def test_values_that_are_not_compared_are_excused(tmp_path: Path) -> None:
    claims = [claim("c1", effect={"a": "x", "b": "1"}), claim("c2", 9, effect={"b": "2"}), claim("c3", 18)]
    evidence = [
        event("e1", effect={"a": "y"}),
        event("apart", 10, action=None, effect={"d": "1"}),
        event("e3", 18, effect={"c": "z"}),
    ]
    near = {"match_before_seconds": 5, "match_after_seconds": 5}
    desk.run(tmp_path, claims, evidence, [watch()], rules={"compare_effects": False, **near})
    answer = ask(tmp_path, "c1")
    met = [(row["relation"], row["rank"], row["word"]) for row in answer["candidates"]]
    assert met == [("excused", 4, "supports"), (None, None, None), (None, None, None)]
    assert [row["effect"] for row in answer["burst"]] == ['{"a":"y","b":"1"}', '{"b":"2"}', '{"c":"z"}']
    met = [(row["relation"], row["rank"], row["word"]) for row in ask(tmp_path, "c2")["candidates"]]
    assert met == [(None, None, None), ("apart", None, None), (None, None, None)]


def test_every_row_of_a_claim_has_its_own_clause(tmp_path: Path) -> None:
    claims = [claim("c1"), claim("c1", 1, revision=1), claim("c1", 2, revision=1), claim("c2", revision=3)]
    claims.append(claim("c2", 1, revision=4, withdrawn=True))
    desk.run(tmp_path, claims, [event("e1", 2)], [watch()])
    told = [row["clause"] for row in ask(tmp_path, "c1")["verdicts"]]
    assert told[0] == "Revision 1 restates it; this one is outside every score."
    assert told[1] == "crm:e1 saw it done, and no witness as good or better denies it."
    assert told[2].startswith("Another row of the same revision")
    withdrawn = "The vendor withdrew it in revision 4; it is outside every score."
    assert [row["clause"] for row in ask(tmp_path, "c2")["verdicts"]] == [withdrawn, withdrawn]


def test_it_tells_when_a_record_was_watched_instead(tmp_path: Path) -> None:
    spans = [watch(ends_at=desk.at(10)), watch(starts_at=desk.at(-9), ends_at=desk.at(20), action="case_resolution")]
    desk.run(
        tmp_path, [claim("c1")], [event("e1", 2, system="log", grade="D")], [*spans, watch(system="api", grade="B")]
    )
    assert [row["system"] for row in ask(tmp_path, "c1")["watched_elsewhen"]] == ["crm"]
    desk.run(tmp_path, [claim("c1")], coverage=spans)
    answer = ask(tmp_path, "c1")
    assert [(row["system"], row["ends_at"]) for row in answer["watched_elsewhen"]] == [("crm", "2026-03-02T12:00:10Z")]
    assert "crm, grade A (the buyer's system of record), was watching only from" in explain.text(answer)


def test_an_unknown_claim_is_said_to_be_unknown(tmp_path: Path) -> None:
    desk.run(tmp_path, [claim("c1")])
    with pytest.raises(explain.UnknownClaim, match="no claim c2 of acme"):
        ask(tmp_path, "c2")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_clause(reason: Reason) -> None:
    verdict = {"reason": reason, "units": 2, "event_system": "crm", "event_id": "e1"}
    names = {"repeat_of": "c0", "undone_by": "crm:u1", "tainted_by": "c0"}
    sentence = clauses.of({**verdict, **names}, Rule(counted_actions=("x",)))
    assert sentence.endswith(".")
    assert "None" not in sentence
