"""Files of every format that a person sends become the same rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from audit import intake
from audit.intake import jsonarray, packing
from audit.kernel.inputs import BadInput, Rows

NAMES = ["vendor", "claim_id", "agent_id", "action", "occurred_at", "target", "units"]
ROWS = [
    ["acme", "c1", "bot", "record_update", "2026-09-14T08:15:03Z", "crm/Case/Größe", "2"],
    ["acme", "c2", "bot", "record_update", "2026-09-14T08:15:04Z", 'a "b"; c,\td|e', "1"],
]


def delimited(delimiter: str, rows: list[list[str]] = ROWS) -> str:
    handle = io.StringIO()
    csv.writer(handle, delimiter=delimiter, lineterminator="\n").writerows([NAMES, *rows])
    return handle.getvalue()


def objects() -> list[dict[str, Any]]:
    return [{**dict(zip(NAMES, row, strict=True)), "units": int(row[-1])} for row in ROWS]


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(objects()), sink)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def xlsx(rows: list[list[Any]], above: int = 0) -> bytes:
    handle = io.BytesIO()
    book = xlsxwriter.Workbook(handle, {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    book.add_worksheet("empty")
    sheet = book.add_worksheet("data")
    for at, row in enumerate(rows):
        sheet.write_row(at + above, 0, row)
    book.close()
    return handle.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return handle.getvalue()


WHOLE: list[tuple[str, bytes, str]] = [
    ("a.csv", delimited(",").encode(), "CSV, comma, UTF-8"),
    ("a.csv", delimited(";").encode("utf-8-sig"), "CSV, semicolon, UTF-8"),
    ("a.txt", delimited("|").encode("utf-16"), "CSV, bar, UTF-16"),
    ("a.csv", delimited(",").encode("utf-16-be"), "CSV, comma, UTF-16"),
    ("a.tsv", delimited("\t").encode("cp1252"), "CSV, tab, Windows-1252"),
    ("a.csv", delimited("^").encode("cp1252"), "CSV, '^', Windows-1252"),
    ("a", delimited("\x01").encode(), "CSV, '\\x01', UTF-8"),
    ("a.jsonl", "\n".join(map(json.dumps, objects())).encode(), "JSON Lines, UTF-8"),
    ("a.bin", "\n".join(map(json.dumps, objects())).encode("utf-16"), "JSON Lines, UTF-16"),
    ("a.json", json.dumps(objects()).encode(), "JSON, UTF-8"),
    ("a.json", json.dumps(objects(), indent=2, ensure_ascii=False).encode("cp1252"), "JSON, Windows-1252"),
    ("a.json", json.dumps({"result": objects(), "count": 2}).encode(), "JSON, UTF-8"),
    ("a.parquet", parquet(), "Parquet"),
    ("a.xlsx", xlsx([NAMES, *ROWS]), "XLSX"),
]
PACKED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("", bytes, ""),
    (".gz", gzip.compress, ", gzip"),
    (".zip", lambda content: zipped(("__MACOSX/._x", b"x"), ("folder/x", content)), ", zip"),
    (".zst", lambda content: pa.compress(content, "zstd", asbytes=True), ", Zstandard"),
]


@pytest.mark.parametrize(("ending", "pack", "packed"), PACKED)
@pytest.mark.parametrize(("name", "content", "words"), WHOLE)
def test_every_format_and_packing_gives_the_same_rows(
    tmp_path: Path, name: str, content: bytes, words: str, ending: str, pack: Callable[[bytes], bytes], packed: str
) -> None:
    path = tmp_path / "received"
    path.write_bytes(pack(content))
    assert intake.detect(path, name + ending).words == words + packed
    mapping = intake.identity("claims", NAMES)
    out, refused = tmp_path / "out.parquet", tmp_path / "refused.csv"
    taken = intake.take_file(path, name + ending, "claims", mapping, out, refused, constants={})
    assert (taken.received, taken.accepted) == (2, 2)
    rows = pq.read_table(out).to_pylist()
    assert [row["target"] for row in rows] == [row[5] for row in ROWS]
    assert [row["units"] for row in rows] == [2, 1]
    found = intake.line(path, name + ending, rows[1]["line"])
    assert found is not None
    assert {column: found[column] for column in NAMES} == dict(zip(NAMES, ROWS[1], strict=True))


def test_a_file_is_told_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for content, kind in ((parquet(), "parquet"), (xlsx([NAMES, *ROWS]), "xlsx"), (b"[]", "json")):
        path.write_bytes(content)
        assert intake.detect(path, "claims.dat").kind == kind


def test_text_of_mostly_utf_8_stays_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes("a,b\né,é\n".encode() + "é,1\n".encode("cp1252"))
    assert intake.detect(path, "x.csv").encoding == "utf-8"


def test_one_letter_far_down_tells_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 600_000 + "ß,2\n".encode("cp1252"))
    assert intake.detect(path, "x.csv").encoding == "cp1252"
    assert intake.detect(path, "x.csv", most=1000).encoding == "utf-8"
    path.write_bytes(b"a,b\n" + b"1,2\n" * ((1 << 20) - 2) + b"xxx\xc3\xa9,1\n")
    assert intake.detect(path, "x.csv").encoding == "utf-8"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("a.csv.gz", gzip.compress(delimited(",").encode() * 99, mtime=0)[:-12], "cut short"),
        ("a.zip", zipped(("a.csv", b"a"), ("b.csv", b"b")), "holds 2 files"),
        ("a.zip", zipped(), "holds 0 files"),
        ("a.zip", zipped(("../a.csv", b"a,b\n1,2\n")), "leads elsewhere"),
        ("a.zip", zipped(("/etc/a.csv", b"a,b\n1,2\n")), "leads elsewhere"),
        ("a.zip", zipped(("C:\\a.csv", b"a,b\n1,2\n")), "leads elsewhere"),
        ("a.zip", b"PK\x03\x04 broken", "no zip that can be read"),
        ("a.zip", zipped(("a.csv", b"a,b\n" * 99))[:-9] + b"123456789", "no zip|cannot"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 99, "old or locked Excel file"),
        ("a.png", b"\x89PNG" + bytes(range(256)) * 9, "no kind of file that is known"),
        ("a.parquet", b"PAR1 and nothing more", "not a Parquet file"),
        ("a.xlsx", xlsx([]), "no sheet with anything"),
        ("a.csv", delimited(",", []).encode(), "a header and no rows"),
        ("a.xlsx", xlsx([NAMES]), "a header and no rows"),
        ("a.json", b"[]", "no rows"),
        ("a.json", b'[{"a":1},', "line 1: .*not valid JSON"),
        ("a.json", b'[{"a":1}\n\n{"a":2}]', "line 3: lacks a comma"),
        ("a.json", b'[{"a":1}] x', "goes on after the end"),
        ("a.json", b'[{"a":1,"a":2}]', "twice"),
        ("a.json", b"[" + b"[" * 100_000, "nested too deep"),
        ("a.json", b'[\n{"a": NaN}]', "line 2: .*NaN"),
        ("a.csv", b"a,b,a\n1,2,3\n", "names the column 'a' twice"),
        ("a.csv", b",".join(b"c%d" % at for at in range(1001)) + b"\n1\n", "1,001 columns"),
    ],
)
def test_it_refuses_a_file_that_cannot_be_read_and_leaves_nothing_behind(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / "received"
    path.write_bytes(content)
    mapping = intake.identity("claims", NAMES)
    with pytest.raises(BadInput, match=words) as caught:
        intake.take_file(path, name, "claims", mapping, tmp_path / "out", tmp_path / "refused", constants={})
    assert str(caught.value).startswith(f"{name}: ")
    assert ":" in caught.value.what, "a reason says what to do"
    assert list(tmp_path.iterdir()) == [path]


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "ALWAYS_BYTES", 1 << 20)
    text = delimited(",").encode() + b"\n" * (8 << 20)
    for name, content in (("a.csv.gz", gzip.compress(text, mtime=0)), ("a.zip", zipped(("a.csv", text)))):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(BadInput, match="unpacks to more than"):
            intake.detect(path, name)


def test_excel_cells_become_text_as_a_person_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    cells = [1, 2.5, 0.1, 1e-7, True, datetime(2026, 9, 14, 8, 15, 3), "=x", ""]  # noqa: DTZ001  (Excel has no zones)
    path.write_bytes(xlsx([[f"c{at}" for at in range(8)], [], cells], above=3))
    assert intake.line(path, "a.xlsx", 6) == {
        **dict(zip(["c0", "c1", "c2", "c3", "c4"], ["1", "2.5", "0.1", "0.0000001", "true"], strict=True)),
        **{"c5": "2026-09-14T08:15:03", "c6": "0", "c7": ""},
    }


class _Slow:
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = data, step

    def read(self, _size: int, /) -> bytes:
        piece, self._data = self._data[: self._step], self._data[self._step :]
        return piece


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("wrap", ['{"note": "[", "rows": %s}', "%s", " \n %s \n"])
def test_a_json_array_is_read_in_pieces_of_any_size(step: int, wrap: str) -> None:
    text = wrap % '[\n {"a": 12, "b": {"c": "é]"}},\n 34,\n\n {"a": "x", "b": null}\n]'
    batches: list[Rows] = list(jsonarray.rows(_Slow(text.encode(), step), "f", ["b.c"]))
    [rows] = batches
    assert [int(line) for line in rows.lines] == [1, 3]
    assert {name: values.to_pylist() for name, values in rows.columns.items()} == {
        "a": ["12", "x"],
        "b": ['{"c":"é]"}', None],
        "b.c": ["é]", None],
    }
    assert [fault.line for fault in rows.broken] == [2]
