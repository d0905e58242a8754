"""Files become canonical rows; nothing good is lost, and every row knows its line."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from input_desk import CLAIM, COVER, Desk, claim, event, packed

from audit.kernel import inputs
from audit.kernel.inputs import delimited
from audit.kernel.terms import INPUTS

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.fixture
def world(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# good rows


def test_it_takes_a_claim_with_every_default(world: Desk) -> None:
    taken = world.prepare("claims", world.table([claim()]))
    at = datetime(2026, 9, 14, 8, 15, 3, tzinfo=UTC)
    assert taken == inputs.Taken(received=1, accepted=1, first_at=at, last_at=at)
    [row] = world.rows()
    content = row.pop("content")
    assert row == {
        **dict.fromkeys(column.name for column in INPUTS["claims"]),
        **CLAIM,
        "occurred_at": at,
        "revision": 0,
        "withdrawn": False,
        "environment": "production",
        "status": "completed",
        "units": 1,
        "line": 2,
        "file": "in.csv",
    }
    assert len(content) == 16
    assert world.refusals() == []


def test_it_writes_exactly_the_columns_of_the_law_with_their_types(world: Desk) -> None:
    rows = {"claims": claim(), "evidence": event(), "coverage": COVER, "actors": {**CLAIM, "system": "s", "actor": "a"}}
    for kind, row in rows.items():
        world.prepare(kind, world.table([row]))
        found = pq.read_schema(world.out)
        kinds = {"integer": pa.int64(), "boolean": pa.bool_(), "instant": pa.timestamp("us", "UTC")}
        for column in INPUTS[kind]:
            assert found.field(column.name).type == kinds.get(column.kind, pa.string())
        assert found.names == [*(column.name for column in INPUTS[kind]), "line", "file", "content"]


def test_the_fingerprint_is_the_md5_of_the_values_in_order(world: Desk) -> None:
    world.prepare("claims", world.table([claim(effect='{"b": 1.0, "a": true}', charge="1.5", units="3")]))
    values = ["acme", "c1", "0", "false", "bot", "record_update", "", "1789373703000000", "", "", "production"]
    values += ["completed", "3", "1500000", "", "", "", "", '{"a":"true","b":"1"}']
    assert world.rows()[0]["content"] == hashlib.md5("\0".join(values).encode()).digest()


def test_the_fingerprint_does_not_depend_on_the_other_rows_of_a_batch(world: Desk) -> None:
    rows = [claim(), claim(claim_id="c2", units="2", target="x", charge="1"), claim()]
    world.prepare("claims", world.table(rows))
    first, second, third = [row["content"] for row in world.rows()]
    assert first == third != second
    world.prepare("claims", world.table([claim(), claim()]))
    assert [row["content"] for row in world.rows()] == [first, first]


@pytest.mark.parametrize("name", ["in.jsonl", "in.ndjson", "in.jsonl.gz", "in.ndjson.zst"])
def test_json_lines_say_the_same_as_csv(world: Desk, name: str) -> None:
    row = claim(units="2", withdrawn="true", charge="0.10", effect='{"a":1.50,"b":[null]}')
    world.prepare("claims", world.table([row]))
    expected = world.rows()
    text = (
        '{"vendor":"acme","claim_id":"c1","agent_id":"bot","action":"record_update","effect":{"a":1.50,"b":[null]},'
        '"occurred_at":"2026-09-14T08:15:03Z","units":2,"withdrawn":true,"charge":0.10,"target":null}\n'
    )
    taken = world.prepare("claims", packed(world, name, text.encode()))
    assert taken.refused == 0
    assert world.rows() == [{**expected[0], "line": 1, "file": name}]


@pytest.mark.parametrize("name", ["in.csv.gz", "in.csv.zst", "IN.CSV.GZ"])
def test_it_unpacks_gzip_and_zstandard(world: Desk, name: str) -> None:
    plain = world.table([claim()]).read_bytes()
    assert world.prepare("claims", packed(world, name, plain)).accepted == 1


def test_parquet_with_canonical_types_says_the_same_as_csv(world: Desk) -> None:
    world.prepare("claims", world.table([claim(units="2", effect='{"a":"1"}')]))
    expected = world.rows()
    for name in ("in.parquet", "in.parquet.gz"):
        columns = {
            **{name: [value] for name, value in CLAIM.items()},
            "units": pa.array([2], pa.int16()),
            "withdrawn": [False],
            "effect": [{"a": 1}],
            "vendor": pa.array(["acme"]).dictionary_encode(),
        }
        columns["occurred_at"] = pa.array([1789373703 * 10**9], pa.timestamp("ns", "Europe/Berlin"))
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), sink)
        world.prepare("claims", packed(world, name, sink.getvalue().to_pybytes()))
        assert world.rows() == [{**expected[0], "line": 1, "file": name}]


def test_a_canonical_file_taken_again_is_the_same(world: Desk) -> None:
    world.prepare("claims", world.table([claim(effect='{"x":{"B":1},"a":"A  B"}'), claim(claim_id="c2")]))
    expected = world.rows()
    again = world.file("again.parquet", world.out.read_bytes())
    taken = world.prepare("claims", again)
    assert taken.ignored == ("line", "file", "content")
    assert [row["content"] for row in world.rows()] == [row["content"] for row in expected]


def test_several_files_become_one_in_the_order_given(world: Desk) -> None:
    paths = [world.table([claim(claim_id=name), claim(claim_id=name + "x")], f"{name}.csv") for name in "ba"]
    taken = world.prepare("claims", *paths)
    assert [(row["file"], row["line"], row["claim_id"]) for row in world.rows()] == [
        ("b.csv", 2, "b"),
        ("b.csv", 3, "bx"),
        ("a.csv", 2, "a"),
        ("a.csv", 3, "ax"),
    ]
    assert (taken.received, taken.accepted) == (4, 4)


def test_a_header_alone_is_a_file_without_rows(world: Desk) -> None:
    assert world.prepare("claims", world.file("in.csv", ",".join(CLAIM) + "\n")) == inputs.Taken()
    assert world.rows() == []
    assert world.prepare("claims", world.file("in.csv", ",".join(CLAIM))) == inputs.Taken()


def test_no_file_at_all_is_an_empty_input(world: Desk) -> None:
    assert world.prepare("coverage") == inputs.Taken()
    assert world.rows() == []


def test_extra_columns_are_passed_over_and_reported(world: Desk) -> None:
    taken = world.prepare("claims", world.table([claim(line="x", note="y", charge="1")]))
    assert taken.ignored == ("line", "note")
    assert world.rows()[0]["line"] == 2


def test_text_is_taken_exactly_as_it_is(world: Desk) -> None:
    odd = ' É "quoted",\r\nin  two lines; é\u0301 '
    world.prepare("claims", world.table([claim(target=odd), claim(target="=1+1")]))
    assert [row["target"] for row in world.rows()] == [odd, "=1+1"]


def test_taken_goes_to_json_and_back(world: Desk) -> None:
    taken = world.prepare("claims", world.table([claim(), claim(vendor="")]))
    assert inputs.Taken.from_json(json.loads(json.dumps(taken.to_json()))) == taken


# lines


def test_a_line_is_what_an_editor_counts(world: Desk) -> None:
    header = "vendor,claim_id,agent_id,action,occurred_at,target\n"
    good = "acme,{},bot,act,2026-09-14T08:15:03Z,{}\n"
    text = (
        header + good.format("c2", '"one\ntwo\n\nthree"') + good.format("c6", "x") + "\n,,,,,\n" + good.format("c9", "")
    )
    text += (
        good.format("c10", '"a\r\nb"')
        + "too,few\n"
        + good.format("c13", "1,2")
        + good.format("", "")
        + good.format("c15", "")
    )
    taken = world.prepare("claims", world.file("in.csv", text))
    assert [(row["line"], row["claim_id"]) for row in world.rows()] == [
        (line, f"c{line}") for line in (2, 6, 9, 10, 15)
    ]
    assert [(row["line"], row["column"]) for row in world.refusals()] == [("12", ""), ("13", ""), ("14", "claim_id")]
    assert (taken.received, taken.refused) == (8, 3)


@given(
    st.lists(
        st.lists(st.text(st.sampled_from('a"\n\r,é '), max_size=6), min_size=3, max_size=3),
        max_size=8,
    ),
    st.integers(1, 200),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_writer_quotes_comes_back_with_its_line(rows: list[list[str]], block: int, end: str) -> None:
    lines, text, number = [], "x,y,z" + end, 2
    for row in rows:
        written = ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + end
        if any(row):
            lines.append(number)
        number += written.count("\n")
        text += written
    for size in (block, delimited.BLOCK):
        found = list(delimited.read(_Stream(text.encode()), "f", block=size))
        cells = [
            list(cell) for part in found for cell in zip(*(c.to_pylist() for c in part.columns.values()), strict=True)
        ]
        assert cells == [[cell.encode() for cell in row] for row in rows if any(row)]
        assert [int(line) for part in found for line in part.lines] == lines
        assert not any(part.broken for part in found)


@given(st.text(st.sampled_from('ab"\n\r,'), max_size=60), st.integers(1, 50))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_the_reader_stumble_and_pieces_change_nothing(text: str, block: int) -> None:
    seen = []
    for size in (block, delimited.BLOCK):
        found = list(delimited.read(_Stream(b"x,y\n" + text.encode()), "f", block=size))
        good = [
            (int(line), *cells)
            for part in found
            for line, *cells in zip(part.lines, *(c.to_pylist() for c in part.columns.values()), strict=True)
        ]
        seen.append((good, [fault.line for part in found for fault in part.broken]))
    assert seen[0] == seen[1]


class _Stream:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, /) -> bytes:
        piece, self._data = self._data[:size], self._data[size:]
        return piece


def test_a_quote_that_never_closes_costs_its_own_line_only(world: Desk) -> None:
    rows = world.table([claim(claim_id=f"c{number}") for number in range(5)]).read_text().splitlines()
    rows[2] = rows[2].replace("bot", '"bot')
    taken = world.prepare("claims", world.file("in.csv", "\n".join(rows) + "\n"))
    assert (taken.received, taken.accepted) == (5, 4)
    [refusal] = world.refusals()
    assert refusal["line"] == "3"
    assert "never closed" in refusal["reason"]


def test_too_many_open_quotes_are_a_bad_file(world: Desk) -> None:
    text = ",".join(CLAIM) + "\n" + 'a"b,"x\n' * 150
    with pytest.raises(inputs.BadInput, match=r"in\.csv: .*quotes that never close"):
        world.prepare("claims", world.file("in.csv", text))


def test_a_quote_inside_a_field_is_a_letter(world: Desk) -> None:
    text = ",".join(CLAIM) + ',target\nacme,c1,bot,act,2026-09-14T08:15:03Z,5" pipe\n'
    world.prepare("claims", world.file("in.csv", text))
    assert world.rows()[0]["target"] == '5" pipe'


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_other_line_ends_are_line_ends(world: Desk, ends: str) -> None:
    text = ",".join(CLAIM) + ends + ",".join(CLAIM.values()) + ends + ",".join(CLAIM.values())
    world.prepare("claims", world.file("in.csv", text))
    assert [row["line"] for row in world.rows()] == [2, 3]


def test_a_byte_order_mark_is_no_part_of_the_first_name(world: Desk) -> None:
    for name, text in (("in.csv", world.table([claim()]).read_text()), ("in.jsonl", json.dumps(claim()))):
        assert world.prepare("claims", world.file(name, b"\xef\xbb\xbf" + text.encode())).accepted == 1


# what the source says of every row


def test_a_constant_fills_what_the_file_does_not_say_and_refuses_what_differs(world: Desk) -> None:
    rows = [claim(), claim(vendor=""), claim(vendor="other")]
    batches = list(inputs.read(world.table(rows)))
    options = {"file": "shown.csv", "constants": {"vendor": "acme", "environment": "sandbox"}}
    taken = inputs.take("claims", batches, world.out, world.refused, **options)  # type: ignore[arg-type]
    assert taken.accepted == 2
    assert {(row["vendor"], row["environment"], row["file"]) for row in world.rows()} == {
        ("acme", "sandbox", "shown.csv")
    }
    [refusal] = world.refusals()
    assert (refusal["file"], refusal["value"]) == ("shown.csv", "other")
    assert "is not what the source says of every row ('acme')" in refusal["reason"]


# real data, and much of it


@pytest.mark.parametrize("name", ["servicenow-incidents", "airline-agent"])
def test_real_data_is_taken_whole(world: Desk, name: str) -> None:
    folder = SHARED / name
    if not folder.exists():
        pytest.skip("the shared data sets are not beside the repository")
    for kind, file in (("claims", "claims.csv.gz"), ("evidence", "evidence.csv.gz"), ("coverage", "coverage.csv")):
        taken = world.prepare(kind, folder / file)
        assert taken.received == taken.accepted > 0
        assert taken.ignored == ()


def test_a_hundred_thousand_rows_take_no_more_than_a_few_seconds(world: Desk) -> None:
    rows = (",".join(claim(claim_id=f"c{number}").values()) for number in range(100_000))
    path = world.file("in.csv", ",".join(CLAIM) + "\n" + "\n".join(rows))
    begun = time.monotonic()
    assert world.prepare("claims", path).accepted == 100_000
    assert time.monotonic() - begun < 10
