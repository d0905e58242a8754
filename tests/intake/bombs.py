"""Bombs: small files that are made to break whoever reads them. Made anew by the tests, never kept."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

NAMES: Final = ["vendor", "claim_id", "agent_id", "action", "occurred_at", "target", "units"]
HEAD: Final = (",".join(NAMES) + "\n").encode()
ROW: Final = b"acme,c1,bot,record_update,2026-09-14T08:15:03Z,crm/Case/1,2\n"
MIB: Final = 1 << 20


def packed(*members: tuple[str, bytes]) -> bytes:
    """A zip of these members."""
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return handle.getvalue()


# texts


def nested(levels: int) -> bytes:
    """One row whose field is so many lists deep."""
    return b'{"a":' + b"[" * levels + b"]" * levels + b"}"


def named(count: int) -> bytes:
    """The members of an object with so many names."""
    return b",".join(b'"c%d":1' % at for at in range(count))


# packings


def gzip_bomb() -> bytes:
    """Forty members of the same 16 MiB of empty lines: 640 MiB in as many KiB."""
    return gzip.compress(HEAD + ROW) + gzip.compress(b"\n" * (16 * MIB)) * 40


def zstandard_bomb() -> bytes:
    """As many frames of the same."""
    frame: bytes = pa.compress(b"\n" * (64 * MIB), "zstd", asbytes=True)
    return frame * 10


def overlapping() -> bytes:
    """A zip of which a hundred members share the same bytes."""
    whole = packed(("a.csv", HEAD + ROW * 1000))
    at = whole.index(b"PK\x01\x02")
    return _with_directory(whole[:at], [whole[at : at + 46 + 5]] * 100)


def crowded() -> bytes:
    """A zip that lists a hundred thousand members."""
    whole = packed(("a.csv", HEAD + ROW))
    at = whole.index(b"PK\x01\x02")
    return _with_directory(whole[:at], [whole[at : at + 46 + 5]] * 100_000)


def _with_directory(start: bytes, entries: list[bytes]) -> bytes:
    """A zip64: the members, their directory, and where it begins."""
    directory = b"".join(entries)
    count, size, at = len(entries), len(directory), len(start)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at + size, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return start + directory + end64 + locator + end


def lying(size: int) -> bytes:
    """A zip of 64 MiB of rows that says it unpacks to another size."""
    whole = bytearray(packed(("a.csv", HEAD + ROW + b"\n" * (64 * MIB))))
    struct.pack_into("<L", whole, 22, size)
    struct.pack_into("<L", whole, whole.index(b"PK\x01\x02") + 24, size)
    return bytes(whole)


def flagged(bit: int) -> bytes:
    """A zip whose member has a flag: 1 is a password."""
    whole = bytearray(packed(("a.csv", HEAD + ROW)))
    whole[6] |= bit
    whole[whole.index(b"PK\x01\x02") + 8] |= bit
    return bytes(whole)


def linked() -> bytes:
    """A zip whose member is a symbolic link."""
    info = zipfile.ZipInfo("a.csv")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return handle.getvalue()


# spreadsheets

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATED = "http://schemas.openxmlformats.org/package/2006/relationships"
LAUGHS: Final = "<!DOCTYPE sst [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{at} '{f'&a{at - 1};' * 10}'>" for at in range(1, 12)
)


def spreadsheet(sheet: str, strings: str = "", extra: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """An XLSX with this sheet and these shared strings."""
    book = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>"
    )
    parts = {"r1": "worksheet", "r2": "sharedStrings"}
    places = {"r1": "worksheets/sheet1.xml", "r2": "sharedStrings.xml"}
    inner = "".join(f'<Relationship Id="{i}" Type="{_OFFICE}/{parts[i]}" Target="{places[i]}"/>' for i in parts)
    outer = f'<Relationship Id="r0" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    return packed(
        ("[Content_Types].xml", _TYPES.encode()),
        ("_rels/.rels", f'<Relationships xmlns="{_RELATED}">{outer}</Relationships>'.encode()),
        ("xl/workbook.xml", book.encode()),
        ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_RELATED}">{inner}</Relationships>'.encode()),
        ("xl/sharedStrings.xml", (strings or f'<sst xmlns="{_MAIN}"/>').encode()),
        ("xl/worksheets/sheet1.xml", sheet.encode()),
        *extra,
    )


def sheet(cells: str, dimension: str = "A1:G2") -> str:
    """A sheet of these rows."""
    return f'<worksheet xmlns="{_MAIN}"><dimension ref="{dimension}"/><sheetData>{cells}</sheetData></worksheet>'


def header_row() -> str:
    """The names as the first row."""
    names = "".join(f'<c r="{chr(65 + at)}1" t="str"><v>{name}</v></c>' for at, name in enumerate(NAMES))
    return f'<row r="1">{names}</row>'


def laughing() -> bytes:
    """Shared strings that a reader of XML would unfold to 10^11 words."""
    strings = f'<?xml version="1.0"?>{LAUGHS}]><sst xmlns="{_MAIN}"><si><t>&a11;</t></si></sst>'
    return spreadsheet(sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'), strings)


def far_away(cell: str, row: int) -> bytes:
    """A header, and one cell at the far end of the sheet."""
    return spreadsheet(sheet(f'{header_row()}<row r="{row}"><c r="{cell}"><v>1</v></c></row>', f"A1:{cell}"))


def swollen() -> bytes:
    """A spreadsheet that says of a part that it unpacks to 600 MiB."""
    whole = bytearray(spreadsheet(sheet(header_row()), extra=(("xl/media/a.bin", b"x"),)))
    struct.pack_into("<L", whole, whole.rindex(b"PK\x01\x02") + 24, 600 * MIB)
    return bytes(whole)


def repeated_strings() -> bytes:
    """One text of 1 MB that 2,000 cells share."""
    strings = f'<sst xmlns="{_MAIN}"><si><t>{"x" * 1_000_000}</t></si></sst>'
    rows = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(2, 2002))
    return spreadsheet(sheet(header_row() + rows, "A1:G2001"), strings)


# Parquet


def parquet(table: object, **options: object) -> bytes:
    """A Parquet file of this table."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def good_table(count: int = 1) -> object:
    """Rows that would be taken."""
    return pa.table({name: [value] * count for name, value in zip(NAMES, ROW.decode().strip().split(","), strict=True)})


def one_word_for_all(count: int, size: int) -> bytes:
    """`count` rows that all say the same word of so many bytes, which is there once."""
    indices = pa.array(memoryview(bytes(4 * count)).cast("i"), pa.int32())
    word = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * size]))
    table = pa.table(dict.fromkeys(NAMES, word)).replace_schema_metadata(None)
    return parquet(table, store_schema=False, row_group_size=count, dictionary_pagesize_limit=64 * MIB)


def torn(keep: float) -> bytes:
    """A Parquet file of which the middle is gone: its footer points beyond what is there."""
    whole = parquet(good_table(10_000), use_dictionary=False)
    footer = 8 + int.from_bytes(whole[-8:-4], "little")
    return whole[: int(len(whole[:-footer]) * keep)] + whole[-footer:]


def scrambled() -> bytes:
    """A Parquet file with noise in its pages."""
    whole = bytearray(parquet(good_table(10_000), use_dictionary=False))
    footer = 8 + int.from_bytes(whole[-8:-4], "little")
    for at in range(4, len(whole) - footer, 7):
        whole[at] ^= 0x5A
    return bytes(whole)


def long_footer() -> bytes:
    """A Parquet file that says its footer is 2 GiB long."""
    whole = parquet(good_table())
    return whole[:-8] + struct.pack("<L", 0x7FFFFFFF) + b"PAR1"


def boasting() -> bytes:
    """A Parquet file whose footer counts more rows than there are."""
    whole = parquet(good_table(100), use_dictionary=False, compression="none")
    return whole.replace(b"\x16\xc8\x01", b"\x16\xfe\x7f")
