"""What is bad does not get in, and is told where it is, what is wrong and what to do."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from input_desk import CLAIM, Desk, claim, written

from audit.kernel import inputs


@pytest.fixture
def world(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# whole files that cannot be taken


def _truncated(data: bytes) -> bytes:
    return gzip.compress(data * 1000, mtime=0)[:-20]


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
    ("in.csv.gz", gzip.compress(ROW.encode(), mtime=0)[:-8] + b"\0" * 8, "cannot be unpacked"),
    ("in.csv.zst", pa.compress(ROW.encode() * 99, "zstd", asbytes=True)[:-5], "cut short"),
    ("in.parquet", b"PAR1 this is none PAR1", "not a Parquet file"),
    ("in.parquet", ROW.encode(), "not a Parquet file"),
    ("in.jsonl", ("{" + ",".join(f'"x{n}":1' for n in range(1001)) + "}").encode(), "more than 1,000 columns"),
]


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES)
def test_it_refuses_a_file_that_cannot_be_taken_and_leaves_nothing_behind(
    world: Desk, name: str, content: bytes, words: str
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


def test_a_file_that_is_not_there_is_refused(world: Desk) -> None:
    with pytest.raises(inputs.BadInput, match=r"gone\.csv: is not there"):
        world.prepare("claims", world.folder / "gone.csv")


def test_an_unknown_time_zone_is_refused(world: Desk) -> None:
    with pytest.raises(inputs.BadInput, match="no time zone"):
        world.prepare("claims", world.table([claim()]), time_zone="Mars/Base")


def test_a_small_file_that_unpacks_to_very_much_is_refused(world: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.kernel.inputs.files.Capped.__init__.__defaults__", (1_000_000,))
    with pytest.raises(inputs.BadInput, match="unpacks to more than 1,000,000 bytes"):
        world.prepare("claims", world.file("in.csv.gz", gzip.compress(ROW.encode() + b"\n" * 2_000_000)))


def test_a_small_parquet_file_that_makes_very_much_of_very_little_is_refused(world: Desk) -> None:
    count = 2_000
    wide = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array(["x" * (1 << 20)]))
    columns = {**{name: pa.array([value] * count) for name, value in CLAIM.items()}, "target": wide}
    path = world.folder / "in.parquet"
    pq.write_table(pa.table(columns), path, compression="zstd")
    assert path.stat().st_size < 1 << 20
    with pytest.raises(inputs.BadInput, match="more than there is room for"):
        world.prepare("claims", path)
    assert list(world.folder.iterdir()) == [path]


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
    world: Desk, form: str, column: str, value: str, words: str
) -> None:
    rows = [claim(claim_id="c1"), {**claim(claim_id="c2"), column: value}, claim(claim_id="c3")]
    path = written(world, form, rows)
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


def test_one_row_with_three_faults_is_one_refused_row_with_three_lines(world: Desk) -> None:
    taken = world.prepare("claims", world.table([claim(vendor="", units="x", occurred_at="y"), claim()]))
    assert (taken.received, taken.accepted, taken.refused) == (2, 1, 1)
    assert [row["column"] for row in world.refusals()] == ["vendor", "occurred_at", "units"]


def test_bytes_that_are_not_utf_8_cost_their_row_only(world: Desk) -> None:
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
def test_a_json_line_that_is_no_row_is_refused(world: Desk, line: str, words: str) -> None:
    taken = world.prepare("claims", world.file("in.jsonl", f"{json.dumps(CLAIM)}\n\n{line}\n{json.dumps(CLAIM)}"))
    assert (taken.received, taken.accepted) == (3, 2)
    assert [row["line"] for row in world.rows()] == [1, 4]
    [refusal] = world.refusals()
    assert refusal["line"] == "3"
    assert words in refusal["reason"]


def test_a_json_row_without_a_field_it_needs_is_refused_alone(world: Desk) -> None:
    rows = [{**CLAIM}, {name: value for name, value in CLAIM.items() if name != "agent_id"}]
    taken = world.prepare("claims", world.file("in.jsonl", "\n".join(map(json.dumps, rows))))
    assert (taken.accepted, taken.refused) == (1, 1)


def test_cached_tokens_are_not_more_than_input_tokens(world: Desk) -> None:
    world.prepare("claims", world.table([claim(tokens_input="5", tokens_cached="6"), claim(tokens_cached="6")]))
    assert [row["tokens_cached"] for row in world.rows()] == [6]
    assert world.refusals()[0]["column"] == "tokens_cached"
