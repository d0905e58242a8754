"""What is guessed of a file, why, and what would become of its rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit import intake
from audit.intake import previews
from audit.kernel.inputs import BadInput

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


def shown(folder: Path, text: str, kind: str, name: str = "a.csv", **options: object) -> intake.Preview:
    path = folder / "received"
    path.write_text(text)
    return intake.preview(path, name, kind, **{"mapping": None, **options})  # type: ignore[arg-type]


def test_canonical_names_are_mapped_as_they_are() -> None:
    columns = ["vendor", "claim_id", "agent_id", "action", "occurred_at", "charge"]
    mapping, reasons = intake.guess("claims", columns, [])
    assert mapping == intake.identity("claims", columns)
    assert set(reasons.values()) == {"the column has the canonical name"}


def test_a_name_in_another_spelling_is_the_same_name() -> None:
    mapping, reasons = intake.guess("claims", ["Claim ID", "AGENT-ID", "ssot__SessionId__c"], [])
    assert mapping.columns == {"claim_id": "Claim ID", "agent_id": "AGENT-ID", "session_id": "ssot__SessionId__c"}
    assert reasons["claim_id"] == "`Claim ID` is the canonical name in another spelling"


def test_agentforce_steps_are_known() -> None:
    columns = [
        f"ssot__{name}__c" for name in ("Id", "AiAgentInteractionId", "Name", "StartTimestamp", "AiAgentApiName")
    ]
    mapping, reasons = intake.guess("claims", columns, [])
    assert {name: column[6:-3] for name, column in mapping.columns.items()} == {
        "claim_id": "Id",
        "session_id": "AiAgentInteractionId",
        "action": "Name",
        "occurred_at": "StartTimestamp",
        "agent_id": "AiAgentApiName",
    }
    assert reasons["agent_id"] == "`ssot__AiAgentApiName__c` is its name in Agentforce session tracing"


def test_zendesk_rows_are_known_with_their_words(tmp_path: Path) -> None:
    text = (
        '{"CONVERSATION_ID":"66","BOT_ID":"b-17","RESOLUTION_TIER":"verified_resolution","TEST_MODE":false,'
        '"PLATFORM_CONVERSATION_ID":"665f","CONVERSATION_END_TIME":"2026-09-14T10:03:41Z"}\n'
        '{"CONVERSATION_ID":"67","BOT_ID":"b-17","RESOLUTION_TIER":"assisted_escalation","TEST_MODE":true,'
        '"PLATFORM_CONVERSATION_ID":"6660","CONVERSATION_END_TIME":"2026-09-14T10:04:41Z"}\n'
    )
    found = shown(tmp_path, text, "claims", "a.jsonl", context={"vendor": "zendesk"})
    assert found.missing == ["action"]
    assert found.problem == "choose a column or a value for action"
    mapping = intake.Mapping.from_json({**found.mapping.to_json(), "constants": {"action": "case_resolution"}})
    found = shown(tmp_path, text, "claims", "a.jsonl", mapping=mapping, context={"vendor": "zendesk"})
    assert [(row["status"], row["environment"]) for row in found.mapped] == [
        ("completed", "production"),
        ("escalated", "sandbox"),
    ]
    assert (found.looked_at, found.whole, found.taken.accepted, found.problem) == (2, True, 2, "")


def test_intercom_is_known_by_its_paths_and_epoch_times(tmp_path: Path) -> None:
    row = {
        "id": "215",
        "created_at": 1789372000,
        "ai_agent": {"source_title": "Returns", "resolution_state": "assumed_resolution", "updated_at": 1789375000},
    }
    found = shown(
        tmp_path, json.dumps([row]), "claims", "a.json", context={"vendor": "intercom", "action": "case_resolution"}
    )
    assert found.mapping.columns == {
        "claim_id": "id",
        "agent_id": "ai_agent.source_title",
        "occurred_at": "ai_agent.updated_at",
        "status": "ai_agent.resolution_state",
    }
    assert found.mapping.epoch == "s"
    assert found.mapped[0]["occurred_at"] == "2026-09-14T08:36:40Z"
    assert "numbers of the size of s since 1970" in found.reasons["epoch"]


def test_a_change_history_becomes_effects(tmp_path: Path) -> None:
    text = (
        "Id,CaseId,Field,DataType,OldValue,NewValue,CreatedById,CreatedDate,IsDeleted\n"
        "017A,500A,Status,DynamicEnum,Working,Closed,005A,2026-09-14T08:15:03.000+0000,false\n"
    )
    found = shown(tmp_path, text, "evidence", context={"system": "crm", "grade": "A"})
    assert found.mapped[0]["effect"] == '{"Status":"closed"}'
    assert found.mapped[0]["outcome"] == "done"
    assert (found.mapped[0]["target"], found.mapped[0]["actor"]) == ("500A", "005A")
    assert "taken as done" in found.reasons["outcome"]


def test_times_and_targets_are_told_by_their_values() -> None:
    rows = [{"x": "crm/Case/1", "y": "14/09/2026 10:15", "z": "2026-09-14T08:15:03"}]
    mapping, reasons = intake.guess("claims", ["x", "y", "z"], rows)
    assert mapping.columns == {"target": "x", "occurred_at": "z"}
    assert "do not say their zone" in reasons["time_zone"]
    mapping, reasons = intake.guess("claims", ["created_at"], [{"created_at": "14/09/2026 10:15"}])
    assert mapping.date_pattern == "%d/%m/%Y %H:%M"
    _, reasons = intake.guess("claims", ["created_at"], [{"created_at": "04/09/2026 10:15"}])
    assert "%m/%d/%Y %H:%M would fit too" in reasons["date_pattern"]


def test_a_preview_counts_what_would_be_refused_and_says_why(tmp_path: Path) -> None:
    text = "claim_id,agent_id,action,occurred_at\n" + "c1,b,w,2026-09-14T08:15:03Z\n" * 3 + "c2,b,w,soon\n,\n"
    found = shown(tmp_path, text, "claims", context={"vendor": "acme"}, rows=2)
    assert (found.looked_at, found.whole, found.taken.accepted, found.taken.refused) == (5, True, 3, 2)
    assert [(row["line"], row["column"]) for row in found.refusals] == [("5", "occurred_at"), ("6", "")]
    assert [len(found.raw), len(found.mapped), found.lines] == [2, 2, [2, 3]]
    assert found.raw[0] == {"claim_id": "c1", "agent_id": "b", "action": "w", "occurred_at": "2026-09-14T08:15:03Z"}
    assert found.format == "CSV, comma, UTF-8"
    assert json.loads(json.dumps(found.to_json()))["taken"]["refused"] == 2


def test_a_preview_of_a_long_file_says_how_far_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "LOOKED_AT", 10)
    header, row = "claim_id,agent_id,action,occurred_at\n", "c1,b,w,2026-09-14T08:15:03Z\n"
    for count, whole in ((10, True), (11, False)):
        found = shown(tmp_path, header + "bad\n" + row * (count - 1), "claims", context={"vendor": "acme"})
        assert (found.looked_at, found.whole, found.taken.refused) == (10, whole, 1)
    rows = "\n".join(json.dumps({"claim_id": str(at)}) for at in range(30))
    found = shown(tmp_path, rows, "claims", "a.jsonl", context={"vendor": "acme"})
    assert (found.looked_at, found.whole) == (10, False)


def test_a_preview_says_what_is_wrong_with_a_mapping(tmp_path: Path) -> None:
    mapping = intake.Mapping(columns={"claim_id": "Id", "agent_id": "gone", "occurred_at": "Id", "action": "Id"})
    found = shown(tmp_path, "Id\n1\n", "claims", mapping=mapping, context={"vendor": "acme"})
    assert "has no column gone" in found.problem
    with pytest.raises(BadInput, match="a header and no rows"):
        shown(tmp_path, "Id,x\n", "claims")


def _samples() -> list[Path]:
    return sorted([*(SHARED / "format-samples").rglob("*.csv"), *(SHARED / "format-samples").rglob("*.json")])


def test_no_sample_of_a_real_format_makes_it_stumble() -> None:
    if not (SHARED / "format-samples").exists():
        pytest.skip("the shared format samples are not beside the repository")
    for path in _samples():
        for kind in ("claims", "evidence"):
            try:
                found = intake.preview(
                    path, path.name, kind, None, context={"vendor": "acme", "system": "s", "grade": "A"}
                )
            except BadInput:
                assert path.suffix == ".json"
            else:
                json.dumps(found.to_json())
                assert found.columns
                assert found.missing or found.problem or found.taken.received == found.looked_at


COMMON = "id,date,name,type,status,user,qty,amount,currency\n"


def common(at: int, date: str = "") -> str:
    """A row of an export whose columns have the names that anybody gives."""
    date = date or f"2026-09-{at % 28 + 1:02d} 08:15"
    return f"{1000 + at},{date},returns-bot,case_resolution,Resolved,u{at % 3},{at % 4 + 1},0.{at % 9}0,usd\n"


def test_common_names_are_taken_where_their_values_say_the_same(tmp_path: Path) -> None:
    text = COMMON + "".join(map(common, range(40)))
    found = shown(tmp_path, text, "claims", context={"vendor": "acme"})
    assert found.mapping.columns == {
        **{"claim_id": "id", "occurred_at": "date", "agent_id": "name", "action": "type", "status": "status"},
        **{"units": "qty", "charge": "amount", "currency": "currency"},
    }
    assert found.reasons["claim_id"] == "`id` may be its name, and each of its values occurs once"
    assert found.reasons["agent_id"] == "`name` may be its name, and its values are few, and name bots or agents"
    assert found.reasons["charge"] == "`amount` may be its name, and its values are plain decimals"
    assert set(found.mapping.columns) <= found.reasons.keys(), "each guess gives its reason"


@pytest.mark.parametrize(
    ("column", "values", "field"),
    [
        ("id", ["7"] * 20, "claim_id"),
        ("date", ["soon", "later", "2026-09-01", "never"], "occurred_at"),
        ("name", ["Ann Lee", "Bo Chen", "Cy Diaz"], "agent_id"),
        ("name", ["Ann Lee", "Bo Chen", "Cy Diaz"], "action"),
        ("type", ["1", "2"], "action"),
        ("qty", ["1.5 h", "2 h"], "units"),
        ("amount", ["a lot", "some"], "charge"),
    ],
)
def test_a_common_name_alone_is_no_reason(column: str, values: list[str], field: str) -> None:
    mapping, _ = intake.guess("claims", [column], [{column: value} for value in values])
    assert field not in mapping.columns


def test_what_a_ticket_is_in_is_not_the_outcome_of_an_event() -> None:
    mapping, reasons = intake.guess("evidence", ["id", "status"], [{"id": str(at), "status": "open"} for at in (1, 2)])
    assert "outcome" not in mapping.columns
    assert "taken as done" in reasons["outcome"]


@pytest.mark.parametrize(
    ("column", "form"),
    [
        ("Completed At", "2026-09-14T08:15:03Z"),
        ("Completed At", "14/09/2026 10:15"),
        ("Completed At", "1789373703"),
        ("when_it_was", "2026-09-14T08:15:03Z"),
        ("when_it_was", "14/09/2026 10:15"),
    ],
)
def test_a_few_bad_times_stop_no_guess_and_are_counted(column: str, form: str) -> None:
    rows = [{column: form}] * 60
    rows[3], rows[30] = {column: "n/a"}, {column: "tbd"}
    mapping, reasons = intake.guess("claims", [column], rows)
    assert mapping.columns == {"occurred_at": column}
    assert bool(mapping.date_pattern) == ("/" in form)
    assert bool(mapping.epoch) == form.isdigit()
    assert "2 of the 60 that were looked at do not fit, such as n/a" in " ".join(reasons.values())
    mostly_bad, _ = intake.guess("claims", [column], rows[:2] + [{column: "tbd"}] * 4)
    assert mostly_bad.columns.get("occurred_at") is None


def test_of_two_patterns_the_one_that_fits_more_is_taken() -> None:
    rows = [{"created_at": f"{day:02d}/09/2026 10:15"} for day in range(1, 13)] + [{"created_at": "13/09/2026 10:15"}]
    mapping, reasons = intake.guess("claims", ["created_at"], rows)
    assert mapping.date_pattern == "%d/%m/%Y %H:%M"
    assert "would fit too" not in reasons["date_pattern"]


def test_what_one_line_is_is_answered_only_where_the_file_says_it() -> None:
    rows = [{"claim_id": "1", "qty": "3"}, {"claim_id": "2", "qty": "1"}]
    mapping, reasons = intake.guess("claims", ["claim_id", "qty"], rows)
    assert (mapping.line, reasons["line"]) == ("units", "`qty` seems to say how many units a line stands for")
    mapping, reasons = intake.guess("claims", ["claim_id"], rows)
    assert (mapping.line, "one unit a line" in reasons["line"]) == (None, True)
    mapping, reasons = intake.guess("claims", ["month", "action"], [{"month": "2026-09", "action": "x"}])
    assert (mapping.line, "maybe totals" in reasons["line"]) == (None, True)


def test_what_one_line_is_agrees_with_the_units() -> None:
    assert intake.Mapping(line="unit").problems("claims") == []
    assert "choose one" in intake.Mapping(line="unit", columns={"units": "qty"}).problems("claims")[0]
    assert "choose the column of units" in intake.Mapping(line="units").problems("claims")[0]
    for kind, line in (("evidence", "unit"), ("claims", "total")):
        assert "is not what one line of" in intake.Mapping(line=line).problems(kind)[0]
