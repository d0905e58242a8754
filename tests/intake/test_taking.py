"""A file and a mapping become canonical rows, and what is refused says where and why."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit import intake
from audit.kernel.inputs import BadInput

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


class Desk:
    """A folder where files are taken."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.refused = folder, folder / "out.parquet", folder / "refused.csv"

    def take(
        self, kind: str, content: str | bytes, mapping: intake.Mapping, name: str = "a.csv", **said: str
    ) -> intake.Taken:
        path = self.folder / "received"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return intake.take_file(path, name, kind, mapping, self.out, self.refused, constants=said)

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.out).to_pylist()
        return found

    def refusals(self) -> list[dict[str, str]]:
        with self.refused.open(newline="") as handle:
            return list(csv.DictReader(handle))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


CLAIMS = {"claim_id": "Id", "agent_id": "Bot", "action": "What", "occurred_at": "When"}


def test_columns_constants_prefixes_and_values_are_mapped(desk: Desk) -> None:
    text = "Id,Bot,What,When,Case,State,extra\nc1,b1, Update  Case ,2026-09-14T08:15:03Z,500,Resolved,x\n"
    text += "c2,b1,other,2026-09-14T08:15:03Z,,,\n"
    mapping = intake.Mapping(
        columns={**CLAIMS, "target": "Case", "status": "State"},
        constants={"environment": "sandbox"},
        prefixes={"target": "crm/Case/"},
        values={"action": {"update case": "record_update"}, "status": {"RESOLVED": "completed"}},
    )
    taken = desk.take("claims", text, mapping, vendor="acme")
    assert taken.accepted == 2
    assert taken.ignored == ("extra",)
    first, second = desk.rows()
    assert (first["action"], first["target"], first["status"], first["environment"], first["vendor"]) == (
        "record_update",
        "crm/Case/500",
        "completed",
        "sandbox",
        "acme",
    )
    assert (second["action"], second["target"], second["status"]) == ("other", None, "completed")


@pytest.mark.parametrize(
    ("written", "how", "utc"),
    [
        ("1789373703", {"epoch": "s"}, "2026-09-14T08:15:03+00:00"),
        ("1789373703.25", {"epoch": "s"}, "2026-09-14T08:15:03.250000+00:00"),
        ("1789373703123", {"epoch": "ms"}, "2026-09-14T08:15:03.123000+00:00"),
        (
            "14/09/2026 10:15",
            {"date_pattern": "%d/%m/%Y %H:%M", "time_zone": "Europe/Berlin"},
            "2026-09-14T08:15:00+00:00",
        ),
        ("2026-09-14 10:15:03", {"time_zone": "Europe/Berlin"}, "2026-09-14T08:15:03+00:00"),
        ("2026-09-14T08:15:03Z", {"time_zone": "Europe/Berlin"}, "2026-09-14T08:15:03+00:00"),
    ],
)
def test_times_are_read_as_the_mapping_says(desk: Desk, written: str, how: dict[str, str], utc: str) -> None:
    text = f"Id,Bot,What,When\nc1,b,w, {written} \nc2,b,w,soon\n"
    taken = desk.take("claims", text, intake.Mapping(columns=CLAIMS, **how), vendor="acme")  # type: ignore[arg-type]
    assert (taken.accepted, taken.refused) == (1, 1)
    assert desk.rows()[0]["occurred_at"].isoformat() == utc
    [refusal] = desk.refusals()
    assert (refusal["file"], refusal["line"], refusal["column"], refusal["value"]) == ("a.csv", "3", "When", "soon")
    assert ":" in refusal["reason"]


def test_numbers_of_parquet_are_read_as_times_too(desk: Desk) -> None:
    path = desk.folder / "received"
    columns = {**{name: ["x"] for name in ("Id", "Bot", "What")}, "When": pa.array([1789373703])}
    pq.write_table(pa.table(columns), path)
    desk.take("claims", path.read_bytes(), intake.Mapping(columns=CLAIMS, epoch="s"), vendor="acme")
    assert desk.rows()[0]["occurred_at"].isoformat() == "2026-09-14T08:15:03+00:00"


def test_paths_reach_into_json_and_into_structs(desk: Desk) -> None:
    rows = [{"Id": 7, "ai": {"bot": "b", "when": "2026-09-14T08:15:03Z"}, "tags": [{"id": "first"}]}]
    mapping = intake.Mapping(
        columns={"claim_id": "Id", "agent_id": "ai.bot", "occurred_at": "ai.when", "target": "tags.0.id"},
        constants={"action": "case_resolution"},
    )
    desk.take("claims", json.dumps(rows), mapping, "a.json", vendor="acme")
    assert [(r["claim_id"], r["agent_id"], r["target"]) for r in desk.rows()] == [("7", "b", "first")]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    mapping = intake.Mapping(
        columns={"claim_id": "Id", "agent_id": "ai.bot", "occurred_at": "ai.when"}, constants={"action": "x"}
    )
    desk.take("claims", sink.getvalue().to_pybytes(), mapping, "a.parquet", vendor="acme")
    assert desk.rows()[0]["agent_id"] == "b"


def test_a_price_makes_the_charge_of_each_row(desk: Desk) -> None:
    text = "Id,Bot,What,When,n\n" + "".join(f"c{n},b,w,2026-09-14T08:15:03Z,{n}\n" for n in ("3", "", "x"))
    mapping = intake.Mapping(columns={**CLAIMS, "units": "n"}, price="0.10", currency="USD")
    taken = desk.take("claims", text, mapping, vendor="acme")
    assert [(row["charge_micros"], row["currency"]) for row in desk.rows()] == [(300_000, "USD"), (100_000, "USD")]
    assert taken.refused == 1
    desk.take("claims", text, intake.Mapping(columns=CLAIMS, price="0.10"), vendor="acme")
    assert [row["charge_micros"] for row in desk.rows()] == [100_000] * 3


def test_an_effect_is_made_of_columns_or_of_a_pair(desk: Desk) -> None:
    text = "id,when,Field,NewValue,city\ne1,2026-09-14T08:15:03Z,Status,Closed,Bonn\ne2,2026-09-14T08:15:03Z,,,\n"
    columns = {"event_id": "id", "occurred_at": "when"}
    said = {"system": "crm", "grade": "A"}
    pair = intake.Mapping(columns=columns, constants={"outcome": "done"}, effect_pair=("Field", "NewValue"))
    desk.take("evidence", text, pair, **said)
    assert [row["effect"] for row in desk.rows()] == ['{"Status":"closed"}', None]
    both = intake.Mapping(
        columns=columns,
        constants={"outcome": "done"},
        effect_pair=("Field", "NewValue"),
        effect_columns={"City": "city"},
    )
    desk.take("evidence", text, both, **said)
    assert [row["effect"] for row in desk.rows()] == ['{"City":"bonn","Status":"closed"}', None]


def test_a_row_that_contradicts_its_source_is_refused(desk: Desk) -> None:
    text = "vendor,Id,Bot,What,When\n" + "".join(
        f"{name},c,b,w,2026-09-14T08:15:03Z\n" for name in ("acme", "other", "")
    )
    taken = desk.take("claims", text, intake.Mapping(columns={**CLAIMS, "vendor": "vendor"}), vendor="acme")
    assert (taken.accepted, taken.refused) == (2, 1)
    assert "is not what the source says" in desk.refusals()[0]["reason"]


def test_bad_rows_are_refused_in_the_words_of_the_file_and_good_rows_kept(desk: Desk) -> None:
    good = "c{},b,w,2026-09-14T08:15:03Z,1\n"
    text = "Id,Bot,What,When,n\n" + good.format(1) + "c2,b,w,2026-09-14 08:15:03,-5\n" + "c3,b\n"
    text += (
        "c4,,w,3026-01-01T00:00:00Z,1\n"
        + good.format(5)
        + f"c6,{'x' * (2 << 20)},w,2026-09-14T08:15:03Z,1\n"
        + good.format(7)
    )
    mixed = text.encode() + "é,é,é,2026-09-14T08:15:03Z,1\n".encode() + b"c9,\xe9,w,2026-09-14T08:15:03Z,1\n"
    taken = desk.take("claims", mixed, intake.Mapping(columns={**CLAIMS, "units": "n"}), vendor="acme")
    assert [row["line"] for row in desk.rows()] == [2, 6, 8, 9]
    assert (taken.received, taken.refused) == (9, 5)
    found = [(r["line"], r["column"], r["value"][:20], r["reason"].split(":")[0]) for r in desk.refusals()]
    assert found == [
        ("3", "When", "2026-09-14 08:15:03", "has no time zone"),
        ("3", "n", "-5", "is less than 1"),
        ("4", "", "c3,b", "has 2 fields where the header has 5"),
        ("5", "Bot", "", "is empty"),
        ("5", "When", "3026-01-01T00:00:00Z", "is not between 1990 and 2200"),
        ("7", "Bot", "x" * 20, "is longer than 1,048,576 bytes"),
        ("10", "Bot", "\ufffd", "is not UTF-8 at byte 1"),
    ]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (intake.Mapping(columns={"claim_id": "Id"}), "choose a column or a value for agent_id, action, occurred_at"),
        (intake.Mapping(columns={**CLAIMS, "target": "gone"}), "has no column gone .*change the mapping"),
        (intake.Mapping(columns={**CLAIMS, "nothing": "Id"}), "'nothing' is no field of claims"),
        (intake.Mapping(columns=CLAIMS, time_zone="Mars/Base"), "no time zone"),
        (intake.Mapping(columns=CLAIMS, epoch="days"), "no unit of time"),
        (intake.Mapping(columns=CLAIMS, price="0.0000001"), "no price"),
        (intake.Mapping(columns=CLAIMS, price="free"), "no price"),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused(desk: Desk, mapping: intake.Mapping, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        desk.take("claims", "Id,Bot,What,When\nc1,b,w,2026-09-14T08:15:03Z\n", mapping, vendor="acme")
    assert not desk.out.exists()
    assert not desk.refused.exists()


def test_a_mapping_goes_to_json_and_back() -> None:
    mapping = intake.Mapping(columns=CLAIMS, values={"action": {"a": "b"}}, effect_pair=("x", "y"), epoch="ms")
    assert intake.Mapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping
    assert intake.Mapping.from_json({}) == intake.Mapping()
    with pytest.raises(ValueError, match="a mapping has no 'colour'"):
        intake.Mapping.from_json({"colour": "red"})


def test_a_line_is_found_again_as_it_was_received(desk: Desk) -> None:
    path = desk.folder / "a.csv"
    path.write_text('Id,Note\nc1,"one\ntwo"\nc2, kept \n')
    assert intake.line(path, "a.csv", 2) == {"Id": "c1", "Note": "one\ntwo"}
    assert intake.line(path, "a.csv", 4) == {"Id": "c2", "Note": " kept "}
    assert [intake.line(path, "a.csv", number) for number in (1, 3, 5)] == [None] * 3


@pytest.mark.parametrize("name", ["servicenow-incidents", "airline-agent"])
def test_real_data_is_taken_whole(desk: Desk, name: str) -> None:
    folder = SHARED / name
    if not folder.exists():
        pytest.skip("the shared data sets are not beside the repository")
    for kind in ("claims", "evidence"):
        path = folder / f"{kind}.csv.gz"
        columns = intake.preview(path, path.name, kind, None).columns
        mapping = intake.identity(kind, columns)
        taken = intake.take_file(path, path.name, kind, mapping, desk.out, desk.refused, constants={})
        assert taken.received == taken.accepted > 0
