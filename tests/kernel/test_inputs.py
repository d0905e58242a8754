"""Files become canonical rows and refusals; nothing good is lost, nothing bad gets in."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.kernel import inputs
from audit.kernel.inputs import delimited
from audit.kernel.terms import INPUTS

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
CLAIM = {
    "vendor": "acme",
    "claim_id": "c1",
    "agent_id": "bot",
    "action": "record_update",
    "occurred_at": "2026-09-14T08:15:03Z",
}
EVENT = {
    "system": "crm",
    "event_id": "e1",
    "grade": "A",
    "occurred_at": "2026-09-14T08:15:03Z",
    "outcome": "done",
}
COVER = {
    "system": "crm",
    "grade": "A",
    "target_prefix": "crm/",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2027-01-01T00:00:00Z",
}


class World:
    """A folder to take files in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.refused = folder, folder / "out.parquet", folder / "refused.csv"

    def file(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def table(self, rows: Sequence[dict[str, str]], name: str = "in.csv") -> Path:
        names = list(dict.fromkeys(name for row in rows for name in row))
        path = self.folder / name
        with path.open("w", newline="") as handle:
            writer = csv.DictWriter(handle, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def prepare(self, kind: str, *paths: Path, **options: Any) -> inputs.Taken:
        return inputs.prepare(kind, paths, self.out, self.refused, **options)

    def rows(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = pq.read_table(self.out).to_pylist()
        return found

    def refusals(self) -> list[dict[str, str]]:
        with self.refused.open(newline="") as handle:
            return list(csv.DictReader(handle))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def claim(**changes: str) -> dict[str, str]:
    return {**CLAIM, **changes}


def event(**changes: str) -> dict[str, str]:
    return {**EVENT, **changes}


# good rows


def test_it_takes_a_claim_with_every_default(world: World) -> None:
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


def test_it_writes_exactly_the_columns_of_the_law_with_their_types(world: World) -> None:
    rows = {"claims": claim(), "evidence": event(), "coverage": COVER, "actors": {**CLAIM, "system": "s", "actor": "a"}}
    for kind, row in rows.items():
        world.prepare(kind, world.table([row]))
        found = pq.read_schema(world.out)
        kinds = {"integer": pa.int64(), "boolean": pa.bool_(), "instant": pa.timestamp("us", "UTC")}
        for column in INPUTS[kind]:
            assert found.field(column.name).type == kinds.get(column.kind, pa.string())
        assert found.names == [*(column.name for column in INPUTS[kind]), "line", "file", "content"]


def test_the_fingerprint_is_the_md5_of_the_values_in_order(world: World) -> None:
    world.prepare("claims", world.table([claim(effect='{"b": 1.0, "a": true}', charge="1.5", units="3")]))
    values = ["acme", "c1", "0", "false", "bot", "record_update", "", "1789373703000000", "", "", "production"]
    values += ["completed", "3", "1500000", "", "", "", "", '{"a":"true","b":"1"}']
    assert world.rows()[0]["content"] == hashlib.md5("\0".join(values).encode()).digest()


def test_the_fingerprint_does_not_depend_on_the_other_rows_of_a_batch(world: World) -> None:
    rows = [claim(), claim(claim_id="c2", units="2", target="x", charge="1"), claim()]
    world.prepare("claims", world.table(rows))
    first, second, third = [row["content"] for row in world.rows()]
    assert first == third != second
    world.prepare("claims", world.table([claim(), claim()]))
    assert [row["content"] for row in world.rows()] == [first, first]


@pytest.mark.parametrize("name", ["in.jsonl", "in.ndjson", "in.jsonl.gz", "in.ndjson.zst"])
def test_json_lines_say_the_same_as_csv(world: World, name: str) -> None:
    row = claim(units="2", withdrawn="true", charge="0.10", effect='{"a":1.50,"b":[null]}')
    world.prepare("claims", world.table([row]))
    expected = world.rows()
    text = (
        '{"vendor":"acme","claim_id":"c1","agent_id":"bot","action":"record_update","effect":{"a":1.50,"b":[null]},'
        '"occurred_at":"2026-09-14T08:15:03Z","units":2,"withdrawn":true,"charge":0.10,"target":null}\n'
    )
    taken = world.prepare("claims", _packed(world, name, text.encode()))
    assert taken.refused == 0
    assert world.rows() == [{**expected[0], "line": 1, "file": name}]


@pytest.mark.parametrize("name", ["in.csv.gz", "in.csv.zst", "IN.CSV.GZ"])
def test_it_unpacks_gzip_and_zstandard(world: World, name: str) -> None:
    plain = world.table([claim()]).read_bytes()
    assert world.prepare("claims", _packed(world, name, plain)).accepted == 1


def test_parquet_with_canonical_types_says_the_same_as_csv(world: World) -> None:
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
        world.prepare("claims", _packed(world, name, sink.getvalue().to_pybytes()))
        assert world.rows() == [{**expected[0], "line": 1, "file": name}]


def test_a_canonical_file_taken_again_is_the_same(world: World) -> None:
    world.prepare("claims", world.table([claim(effect='{"x":{"B":1},"a":"A  B"}'), claim(claim_id="c2")]))
    expected = world.rows()
    again = world.file("again.parquet", world.out.read_bytes())
    taken = world.prepare("claims", again)
    assert taken.ignored == ("line", "file", "content")
    assert [row["content"] for row in world.rows()] == [row["content"] for row in expected]


def test_several_files_become_one_in_the_order_given(world: World) -> None:
    paths = [world.table([claim(claim_id=name), claim(claim_id=name + "x")], f"{name}.csv") for name in "ba"]
    taken = world.prepare("claims", *paths)
    assert [(row["file"], row["line"], row["claim_id"]) for row in world.rows()] == [
        ("b.csv", 2, "b"),
        ("b.csv", 3, "bx"),
        ("a.csv", 2, "a"),
        ("a.csv", 3, "ax"),
    ]
    assert (taken.received, taken.accepted) == (4, 4)


def test_a_header_alone_is_a_file_without_rows(world: World) -> None:
    assert world.prepare("claims", world.file("in.csv", ",".join(CLAIM) + "\n")) == inputs.Taken()
    assert world.rows() == []
    assert world.prepare("claims", world.file("in.csv", ",".join(CLAIM))) == inputs.Taken()


def test_no_file_at_all_is_an_empty_input(world: World) -> None:
    assert world.prepare("coverage") == inputs.Taken()
    assert world.rows() == []


def test_extra_columns_are_passed_over_and_reported(world: World) -> None:
    taken = world.prepare("claims", world.table([claim(line="x", note="y", charge="1")]))
    assert taken.ignored == ("line", "note")
    assert world.rows()[0]["line"] == 2


def test_text_is_taken_exactly_as_it_is(world: World) -> None:
    odd = ' É "quoted",\r\nin  two lines; é\u0301 '
    world.prepare("claims", world.table([claim(target=odd), claim(target="=1+1")]))
    assert [row["target"] for row in world.rows()] == [odd, "=1+1"]


def test_taken_goes_to_json_and_back(world: World) -> None:
    taken = world.prepare("claims", world.table([claim(), claim(vendor="")]))
    assert inputs.Taken.from_json(json.loads(json.dumps(taken.to_json()))) == taken


# lines


def test_a_line_is_what_an_editor_counts(world: World) -> None:
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


def test_a_quote_that_never_closes_costs_its_own_line_only(world: World) -> None:
    rows = world.table([claim(claim_id=f"c{number}") for number in range(5)]).read_text().splitlines()
    rows[2] = rows[2].replace("bot", '"bot')
    taken = world.prepare("claims", world.file("in.csv", "\n".join(rows) + "\n"))
    assert (taken.received, taken.accepted) == (5, 4)
    [refusal] = world.refusals()
    assert refusal["line"] == "3"
    assert "never closed" in refusal["reason"]


def test_too_many_open_quotes_are_a_bad_file(world: World) -> None:
    text = ",".join(CLAIM) + "\n" + 'a"b,"x\n' * 150
    with pytest.raises(inputs.BadInput, match=r"in\.csv: .*quotes that never close"):
        world.prepare("claims", world.file("in.csv", text))


def test_a_quote_inside_a_field_is_a_letter(world: World) -> None:
    text = ",".join(CLAIM) + ',target\nacme,c1,bot,act,2026-09-14T08:15:03Z,5" pipe\n'
    world.prepare("claims", world.file("in.csv", text))
    assert world.rows()[0]["target"] == '5" pipe'


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_other_line_ends_are_line_ends(world: World, ends: str) -> None:
    text = ",".join(CLAIM) + ends + ",".join(CLAIM.values()) + ends + ",".join(CLAIM.values())
    world.prepare("claims", world.file("in.csv", text))
    assert [row["line"] for row in world.rows()] == [2, 3]


def test_a_byte_order_mark_is_no_part_of_the_first_name(world: World) -> None:
    for name, text in (("in.csv", world.table([claim()]).read_text()), ("in.jsonl", json.dumps(claim()))):
        assert world.prepare("claims", world.file(name, b"\xef\xbb\xbf" + text.encode())).accepted == 1


# whole files that cannot be taken


def _truncated(data: bytes) -> bytes:
    return gzip.compress(data * 1000)[:-20]


HEADER = ",".join(CLAIM)
ROW = HEADER + "\n" + ",".join(CLAIM.values()) + "\n"
BAD_FILES = [
    ("in.csv", b"", "is empty"),
    ("in.csv", b"\n\n", "has no header"),
    ("in.csv", b"1,2,3\n4,5,6\n", "no header that names columns of claims"),
    ("in.csv", HEADER.replace("agent_id", "agent").encode() + b"\n", "no column agent_id .*add it or rename"),
    ("in.csv", (HEADER + ",vendor\n").encode(), "names the column 'vendor' twice"),
    ("in.csv", (HEADER + "," + ",".join(f"x{n}" for n in range(1000))).encode(), "1,005 columns: at most 1,000"),
    ("in.csv", ROW.encode("utf-16"), "UTF-16"),
    ("in.jsonl", json.dumps(CLAIM).encode("utf-16"), "UTF-16"),
    ("in.csv", "vendör,claim_id\n".encode("latin-1"), "not UTF-8"),
    ("in.xml", b"<a/>", "of no known kind"),
    ("in", b"a", "of no known kind"),
    ("in.csv.gz", _truncated(ROW.encode()), "cut short"),
    ("in.csv.gz", b"vendor,claim_id\n", "cannot be unpacked"),
    ("in.csv.gz", gzip.compress(ROW.encode())[:-8] + b"\0" * 8, "cannot be unpacked"),
    ("in.csv.zst", pa.compress(ROW.encode() * 99, "zstd", asbytes=True)[:-5], "cut short"),
    ("in.parquet", b"PAR1 this is none PAR1", "not a Parquet file"),
    ("in.parquet", ROW.encode(), "not a Parquet file"),
    ("in.jsonl", ("{" + ",".join(f'"x{n}":1' for n in range(1001)) + "}").encode(), "more than 1,000 columns"),
]


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES)
def test_it_refuses_a_file_that_cannot_be_taken_and_leaves_nothing_behind(
    world: World, name: str, content: bytes, words: str
) -> None:
    before = world.table([claim(), claim(vendor="")], "good.csv")
    world.prepare("claims", before)
    kept = {path.name: path.read_bytes() for path in world.folder.iterdir()}
    bad = world.file(name, content)
    with pytest.raises(inputs.BadInput, match=words) as caught:
        world.prepare("claims", before, bad)
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in world.folder.iterdir() if path != bad} == kept


def test_a_file_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(inputs.BadInput, match=r"gone\.csv: is not there"):
        world.prepare("claims", world.folder / "gone.csv")


def test_an_unknown_time_zone_is_refused(world: World) -> None:
    with pytest.raises(inputs.BadInput, match="no time zone"):
        world.prepare("claims", world.table([claim()]), time_zone="Mars/Base")


def test_a_small_file_that_unpacks_to_very_much_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.kernel.inputs.files.Capped.__init__.__defaults__", (1_000_000,))
    with pytest.raises(inputs.BadInput, match="unpacks to more than 1,000,000 bytes"):
        world.prepare("claims", world.file("in.csv.gz", gzip.compress(ROW.encode() + b"\n" * 2_000_000)))


# rows that are refused


BAD_CLAIMS = [
    ("vendor", "", "is empty: every row needs a vendor"),
    ("vendor", "  ", "is empty"),
    ("claim_id", "", "is empty"),
    ("occurred_at", "", "is empty"),
    ("occurred_at", "2026-09-14T08:15:03", "has no time zone: add one"),
    ("occurred_at", "2026-09-14 08:15:03", "has no time zone"),
    ("occurred_at", "2026-09-14", "not a date and time"),
    ("occurred_at", "14.09.2026 08:15", "not a date and time"),
    ("occurred_at", "2026-02-30T08:15:03Z", "no date and time that a calendar has"),
    ("occurred_at", "2026-09-14T08:15:60Z", "no date and time that a calendar has"),
    ("occurred_at", "2026-09-14T08:15Z", "not a date and time"),
    ("occurred_at", "2026-09-14T08:15:03+02", "not a date and time"),
    ("occurred_at", "2026-09-14T08:15:03 Z", "not a date and time"),
    ("occurred_at", "2026-09-14T08:15:03.1234567Z", "finer than a microsecond"),
    ("occurred_at", "1970-01-01T00:00:00Z", "not between 1990 and 2200"),
    ("occurred_at", "3026-09-14T08:15:03Z", "not between 1990 and 2200"),
    ("occurred_at", "0001-01-01T00:00:00+10:00", "not between"),
    ("occurred_at", "1789373703", "not a date and time"),
    ("revision", "-1", "is less than 0"),
    ("revision", "one", "not an integer"),
    ("units", "0", "is less than 1"),
    ("units", "1.0", "not an integer: write digits only"),
    ("units", "1,000", "not an integer"),
    ("units", "0x1F", "not an integer"),
    ("units", "+5", "not an integer"),
    ("units", " 5", "not an integer"),
    ("units", "1e3", "not an integer"),
    ("units", "٣", "not an integer"),
    ("units", "9223372036854775808", "out of range"),
    ("units", "9" * 5000, "out of range"),
    ("tokens_input", "-5", "is less than 0"),
    ("withdrawn", "yes", "neither true nor false"),
    ("status", "Completed", "not one of completed, failed, escalated, in_progress, unknown"),
    ("charge", "1.2345678", "not a plain decimal"),
    ("charge", "1e3", "not a plain decimal"),
    ("charge", "$5", "not a plain decimal"),
    ("charge", "1,50", "not a plain decimal"),
    ("charge", "9999999999999999", "out of range"),
    ("charge_micros", "1.5", "not an integer"),
    ("currency", "usd", "no currency code"),
    ("effect", "{", "not valid JSON"),
    ("effect", "[1]", "not a JSON object"),
    ("effect", '{"a":1,"a":2}', "'a' twice"),
    ("target", "a\0b", "U+0000"),
    ("target", "x" * (2 << 20), "longer than 1,048,576 bytes"),
]


@pytest.mark.parametrize(("column", "value", "words"), BAD_CLAIMS)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_it_refuses_a_bad_value_with_its_place_and_keeps_the_good_rows(
    world: World, form: str, column: str, value: str, words: str
) -> None:
    rows = [claim(claim_id="c1"), {**claim(claim_id="c2"), column: value}, claim(claim_id="c3")]
    path = _written(world, form, rows)
    taken = world.prepare("claims", path)
    assert (taken.received, taken.accepted, taken.duplicate, taken.refused) == (3, 2, 0, 1)
    assert [row["claim_id"] for row in world.rows()] == ["c1", "c3"]
    [refusal] = world.refusals()
    assert refusal["file"] == path.name
    assert refusal["line"] == {"csv": "3", "jsonl": "2", "parquet": "2"}[form]
    assert refusal["column"] == column
    assert refusal["value"] == value[:200].replace("\0", "\ufffd")
    assert words in refusal["reason"]
    assert ":" in refusal["reason"], "a reason says what to do"


def test_one_row_with_three_faults_is_one_refused_row_with_three_lines(world: World) -> None:
    taken = world.prepare("claims", world.table([claim(vendor="", units="x", occurred_at="y"), claim()]))
    assert (taken.received, taken.accepted, taken.refused) == (2, 1, 1)
    assert [row["column"] for row in world.refusals()] == ["vendor", "occurred_at", "units"]


def test_bytes_that_are_not_utf_8_cost_their_row_only(world: World) -> None:
    text = world.table([claim(target="gut"), claim(target="b\u00f6se"), claim(target="gr\u00fc\u00dfe")]).read_bytes()
    for quote in (b"", b'5" x'):
        mixed = text.replace("b\u00f6se".encode(), quote + "b\u00f6se".encode("cp1252"))
        taken = world.prepare("claims", world.file("in.csv", mixed))
        assert (taken.accepted, taken.refused) == (2, 1)
        assert "is not UTF-8 at byte" in world.refusals()[-1]["reason"]
        assert world.refusals()[-1]["line"] == "3"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[1]", "is not a JSON object"),
        ("{", "not valid JSON"),
        ('{"vendor": NaN}', "NaN"),
        ('{"vendor": 1, "vendor": 2}', "twice"),
        ("[" * 100_000, "nested too deep"),
        (json.dumps(claim(target="\ud800")), "not UTF-8"),
    ],
)
def test_a_json_line_that_is_no_row_is_refused(world: World, line: str, words: str) -> None:
    taken = world.prepare("claims", world.file("in.jsonl", f"{json.dumps(CLAIM)}\n\n{line}\n{json.dumps(CLAIM)}"))
    assert (taken.received, taken.accepted) == (3, 2)
    assert [row["line"] for row in world.rows()] == [1, 4]
    [refusal] = world.refusals()
    assert refusal["line"] == "3"
    assert words in refusal["reason"]


def test_a_json_row_without_a_field_it_needs_is_refused_alone(world: World) -> None:
    rows = [{**CLAIM}, {name: value for name, value in CLAIM.items() if name != "agent_id"}]
    taken = world.prepare("claims", world.file("in.jsonl", "\n".join(map(json.dumps, rows))))
    assert (taken.accepted, taken.refused) == (1, 1)


def test_cached_tokens_are_not_more_than_input_tokens(world: World) -> None:
    world.prepare("claims", world.table([claim(tokens_input="5", tokens_cached="6"), claim(tokens_cached="6")]))
    assert [row["tokens_cached"] for row in world.rows()] == [6]
    assert world.refusals()[0]["column"] == "tokens_cached"


# money


@pytest.mark.parametrize(
    ("written", "micros"),
    [("1", 1_000_000), ("0.000001", 1), ("-2.50", -2_500_000), ("007.1", 7_100_000), ("-0", 0)],
)
def test_a_charge_is_millionths_exactly(world: World, written: str, micros: int) -> None:
    world.prepare("claims", world.table([claim(charge=written, currency="USD")]))
    assert world.rows()[0]["charge_micros"] == micros == int(Decimal(written) * 10**6)


def test_two_charges_must_say_the_same(world: World) -> None:
    rows = [
        claim(claim_id="same", charge="1.5", charge_micros="1500000"),
        claim(claim_id="differ", charge="1.5", charge_micros="1"),
        claim(claim_id="one", charge="", charge_micros="7"),
        claim(claim_id="other", charge="2", charge_micros=""),
    ]
    taken = world.prepare("claims", world.table(rows))
    assert [(row["claim_id"], row["charge_micros"]) for row in world.rows()] == [
        ("same", 1_500_000),
        ("one", 7),
        ("other", 2_000_000),
    ]
    assert taken.refused == 1
    assert "is not what charge_micros says" in world.refusals()[0]["reason"]


# time


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("2026-09-14T08:15:03Z", 0),
        ("2026-09-14t08:15:03z", 0),
        ("2026-09-14 10:15:03+0200", 0),
        ("2026-09-14T08:15:03.000001Z", 1),
        ("2026-09-14T08:15:03.5000000000Z", 500_000),
        ("2026-09-14T03:45:03.25-04:30", 250_000),
    ],
)
def test_an_instant_is_utc_with_microseconds(world: World, written: str, micros: int) -> None:
    for rows in ([claim(occurred_at=written)], [claim(occurred_at=written), claim(), claim(occurred_at="bad")]):
        world.prepare("claims", world.table(rows))
        assert world.rows()[0]["occurred_at"] == datetime(2026, 9, 14, 8, 15, 3, micros, UTC)


def test_a_naive_time_is_read_in_the_zone_that_is_given(world: World) -> None:
    rows = [claim(occurred_at="2026-07-01T12:00:00"), claim(occurred_at="2026-01-01 12:00:00.5")]
    rows.append(claim(occurred_at="2026-07-01T12:00:00Z"))
    for chosen in (rows, rows[:2]):
        world.prepare("claims", world.table(chosen), time_zone="Europe/Berlin")
        assert [row["occurred_at"].isoformat()[:21] for row in world.rows()] == [
            "2026-07-01T10:00:00+00:00"[:21],
            "2026-01-01T11:00:00.500000"[:21],
            "2026-07-01T12:00:00+00:00"[:21],
        ][: len(chosen)]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2026-10-25T02:30:00", "comes twice in Europe/Berlin"),
        ("2026-03-29T02:30:00", "is skipped in Europe/Berlin"),
    ],
)
def test_a_time_that_a_clock_shows_twice_or_never_is_refused(world: World, written: str, words: str) -> None:
    rows = [claim(occurred_at=written), claim(occurred_at="2026-10-25T03:30:00")]
    taken = world.prepare("claims", world.table(rows), time_zone="Europe/Berlin")
    assert (taken.accepted, taken.refused) == (1, 1)
    assert words in world.refusals()[0]["reason"]


def test_parquet_timestamps_without_zone_or_finer_than_microseconds_are_refused(world: World) -> None:
    def took(values: Any, **options: Any) -> inputs.Taken:
        columns = {name: [value] * len(values) for name, value in CLAIM.items()}
        pq.write_table(pa.table({**columns, "occurred_at": values}), world.folder / "in.parquet")
        return world.prepare("claims", world.folder / "in.parquet", **options)

    second = 1789373703 * 10**9
    fine = pa.array([second, second + 1, None], pa.timestamp("ns", "UTC"))
    assert (took(fine).accepted, took(fine).refused) == (1, 2)
    naive = pa.array([second], pa.timestamp("ns"))
    assert took(naive).refused == 1
    assert "has no time zone" in world.refusals()[-1]["reason"]
    assert took(naive, time_zone="UTC").accepted == 1


def test_parquet_numbers_with_a_point_are_no_integers(world: World) -> None:
    columns = {**{name: [value] * 2 for name, value in CLAIM.items()}, "units": pa.array([1.0, None])}
    pq.write_table(pa.table(columns), world.folder / "in.parquet")
    assert world.prepare("claims", world.folder / "in.parquet").accepted == 1
    assert world.refusals()[0]["value"] == "1.0"


# evidence, coverage, actors


BAD_EVENTS = [
    ("grade", "E", "not one of A, B, C, D"),
    ("grade", "a", "not one of A, B, C, D"),
    ("outcome", "ok", "not one of done, failed, undone"),
    ("event_id", "", "is empty"),
    ("units", "0", "is less than 1"),
]


@pytest.mark.parametrize(("column", "value", "words"), BAD_EVENTS)
def test_it_refuses_a_bad_event(world: World, column: str, value: str, words: str) -> None:
    taken = world.prepare("evidence", world.table([event(), {**event(event_id="e2"), column: value}]))
    assert (taken.accepted, taken.refused) == (1, 1)
    [refusal] = world.refusals()
    assert (refusal["line"], refusal["column"]) == ("3", column)
    assert words in refusal["reason"]


def test_evidence_of_grade_d_names_the_vendor(world: World) -> None:
    rows = [event(system="own", grade="D"), event(system="own", grade="D", event_id="e2", vendor="acme")]
    assert world.prepare("evidence", world.table(rows)).accepted == 1
    assert "must name the vendor" in world.refusals()[0]["reason"]


def test_a_system_has_the_grade_of_its_first_good_row(world: World) -> None:
    rows = [
        event(grade="B", outcome="bad"),
        event(),
        event(event_id="e2", grade="B"),
        event(event_id="e3", system="other", grade="B"),
        event(event_id="e4"),
    ]
    more = world.table([event(event_id="e5", grade="C")], "more.csv")
    taken = world.prepare("evidence", world.table(rows), more)
    assert [row["event_id"] for row in world.rows()] == ["e1", "e3", "e4"]
    assert taken.refused == 3
    assert "is not the grade A that system 'crm' already has" in world.refusals()[1]["reason"]


def test_grades_carry_over_from_evidence_to_coverage(world: World) -> None:
    grades: dict[str, str] = {}
    world.prepare("evidence", world.table([event()]), grades=grades)
    assert grades == {"crm": "A"}
    assert world.prepare("coverage", world.table([{**COVER, "grade": "B"}, COVER]), grades=grades).accepted == 1


def test_an_event_seen_twice_is_dropped_and_one_that_changed_is_refused(world: World) -> None:
    first = world.table([event(), event(event_id="e2"), event(effect="{}")], "first.csv")
    rows = [
        event(),
        event(outcome="failed"),
        event(event_id="e3"),
        event(system="b"),
        event(event_id="e3", effect='{"a":1}'),
    ]
    second = world.table(rows, "second.csv")
    taken = world.prepare("evidence", first, second)
    assert (taken.received, taken.accepted, taken.duplicate, taken.refused) == (8, 4, 2, 2)
    assert [(row["file"], row["line"]) for row in world.rows()] == [
        ("first.csv", 2),
        ("first.csv", 3),
        ("second.csv", 4),
        ("second.csv", 5),
    ]
    assert [(row["file"], row["line"], row["value"]) for row in world.refusals()] == [
        ("second.csv", "3", "e1"),
        ("second.csv", "6", "e3"),
    ]
    assert "received before (first.csv line 2) with other content" in world.refusals()[0]["reason"]


def test_the_span_of_time_is_that_of_the_rows_that_are_kept(world: World) -> None:
    rows = [
        event(),
        event(occurred_at="2027-01-01T00:00:00Z"),
        event(event_id="e2", units="0", occurred_at="1999-01-01T00:00:00Z"),
    ]
    taken = world.prepare("evidence", world.table(rows))
    assert taken.first_at == taken.last_at == datetime(2026, 9, 14, 8, 15, 3, tzinfo=UTC)


def test_claims_are_kept_however_often_they_come(world: World) -> None:
    assert world.prepare("claims", world.table([claim(), claim(), claim(units="2")])).accepted == 3


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"target_prefix": ""}, "target_prefix"),
        ({"ends_at": COVER["starts_at"]}, "ends_at"),
        ({"starts_at": "2028-01-01T00:00:00Z"}, "ends_at"),
        ({"grade": ""}, "grade"),
    ],
)
def test_it_refuses_coverage_that_covers_nothing(world: World, changes: dict[str, str], column: str) -> None:
    assert world.prepare("coverage", world.table([COVER, {**COVER, **changes}])).accepted == 1
    assert world.refusals()[0]["column"] == column


def test_coverage_may_be_open_to_both_sides(world: World) -> None:
    row = {**COVER, "starts_at": "1900-01-01T00:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}
    assert world.prepare("coverage", world.table([row])).accepted == 1


# what the source says of every row


def test_a_constant_fills_what_the_file_does_not_say_and_refuses_what_differs(world: World) -> None:
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
def test_real_data_is_taken_whole(world: World, name: str) -> None:
    folder = SHARED / name
    if not folder.exists():
        pytest.skip("the shared data sets are not beside the repository")
    for kind, file in (("claims", "claims.csv.gz"), ("evidence", "evidence.csv.gz"), ("coverage", "coverage.csv")):
        taken = world.prepare(kind, folder / file)
        assert taken.received == taken.accepted > 0
        assert taken.ignored == ()


def test_a_hundred_thousand_rows_take_no_more_than_a_few_seconds(world: World) -> None:
    rows = (",".join(claim(claim_id=f"c{number}").values()) for number in range(100_000))
    path = world.file("in.csv", HEADER + "\n" + "\n".join(rows))
    begun = time.monotonic()
    assert world.prepare("claims", path).accepted == 100_000
    assert time.monotonic() - begun < 10


def _packed(world: World, name: str, content: bytes) -> Path:
    if name.lower().endswith(".gz"):
        content = gzip.compress(content)
    if name.endswith(".zst"):
        content = pa.compress(content, "zstd", asbytes=True)
    return world.file(name, content)


def _written(world: World, form: str, rows: list[dict[str, str]]) -> Path:
    if form == "csv":
        return world.table(rows)
    if form == "jsonl":
        return world.file("in.jsonl", "\n".join(json.dumps(row) for row in rows))
    path = world.folder / "in.parquet"
    names = dict.fromkeys(name for row in rows for name in row)
    pq.write_table(pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}), path)
    return path
