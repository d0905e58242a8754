"""The fuzzer: good files of every kind with a few bytes gone wrong. Whatever intake makes of one, it may not fail.

`python -m tests.intake.fuzz.fuzzer SEED COUNT` tries cases here, without a cell, and keeps what fails in the corpus.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from audit import intake
from audit.kernel.inputs import BadInput

CORPUS: Final = Path(__file__).parent / "corpus"
NAMES: Final = ["vendor", "claim_id", "agent_id", "action", "occurred_at", "target", "units", "effect"]
ROWS: Final = [
    ["acme", f"c{at}", "bot", "record_update", f"2026-09-14T08:15:0{at}Z", 'crm/"x", y', "2", '{"a":{"b":[1,null]}}']
    for at in range(5)
]
_BYTES: Final = (b"\0", b"\xff", b"\x80", b'"', b"\n", b"\r", b",", b"{", b"[", b"\\", b"\xed\xa0\x80", b"9" * 30)
_NUMBERS: Final = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)

Random = random.Random
Make = Callable[[Random], bytes]


def mutated(data: bytes, chance: Random) -> bytes:
    """The bytes with one to six things wrong."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at, end = sorted(chance.randrange(len(found) + 1) for _ in range(2))
        what = chance.randrange(8)
        if what == 0 and found:
            found[min(at, len(found) - 1)] ^= 1 << chance.randrange(8)
        elif what == 1:
            found[at:at] = chance.choice(_BYTES) * chance.choice((1, 1, 1, 70, 2000))
        elif what == 2:
            del found[at : min(end, at + chance.choice((1, 4, 64)))]
        elif what == 3:
            found[at:at] = found[at : min(end, at + 200)] * chance.choice((1, 2, 50))
        elif what == 4:
            found[at : at + 4] = chance.choice(_NUMBERS).to_bytes(4, chance.choice(("little", "big")))
        elif what == 5 and chance.random() < 0.3:
            del found[at:]
        elif what == 6:
            found[at:at] = found[end : end + chance.choice((8, 100))]
        elif found:
            found[min(at, len(found) - 1)] = chance.randrange(256)
    return bytes(found)


def delimited(delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """The rows as delimited text."""
    handle = io.StringIO()
    csv.writer(handle, delimiter=delimiter).writerows([NAMES, *ROWS])
    return handle.getvalue().encode(encoding)


def objects() -> list[dict[str, Any]]:
    """The rows as objects, some with other types."""
    rows: list[dict[str, Any]] = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    rows[0]["units"], rows[1]["effect"], rows[2]["more"] = 2, {"a": [1.5, None]}, {"x": {"y": True}}
    return rows


def parquet(**options: Any) -> bytes:
    """The rows as Parquet, with a struct and a list beside them."""
    more = {"more": [{"x": 1, "y": ["a"]}] * len(ROWS), "many": [[1, 2]] * len(ROWS)}
    sink = pa.BufferOutputStream()
    columns = {name: [row[at] for row in ROWS] for at, name in enumerate(NAMES)}
    pq.write_table(pa.table({**columns, **more}), sink, **options)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def spreadsheet() -> bytes:
    """The rows as XLSX."""
    handle = io.BytesIO()
    book = xlsxwriter.Workbook(handle, {"in_memory": True})
    sheet = book.add_worksheet("a")
    for at, row in enumerate([NAMES, *ROWS]):
        sheet.write_row(at, 0, row)
    book.close()
    return handle.getvalue()


def remade(archive: bytes, chance: Random) -> bytes:
    """A zip of which one member's content is mutated."""
    handle = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, mutated(old.read(name), chance) if name == chosen else old.read(name))
    return handle.getvalue()


def zipped(content: bytes) -> bytes:
    """A zip of one file."""
    handle = io.BytesIO()
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
    return handle.getvalue()


def _seeds() -> dict[str, list[Make]]:
    """By the name of the file, ways to make a bad one of it."""
    lines = "\n".join(map(json.dumps, objects())).encode()
    whole: dict[str, list[bytes]] = {
        "a.csv": [delimited(), delimited(";", "utf-8-sig"), delimited("\t", "utf-16"), delimited("|", "cp1252")],
        "a.jsonl": [lines, lines.decode().encode("utf-16")],
        "a.json": [json.dumps(objects(), indent=1).encode(), json.dumps({"rows": objects(), "n": 5}).encode()],
        "a.parquet": [parquet(), parquet(use_dictionary=False, compression="none"), parquet(compression="zstd")],
        "a.xlsx": [spreadsheet()],
        "a.csv.gz": [gzip.compress(delimited(), mtime=0)],
        "a.csv.zst": [pa.compress(delimited(), "zstd", asbytes=True)],
        "a.zip": [zipped(delimited())],
    }

    def spoilt(data: bytes) -> Make:
        return lambda chance: mutated(data, chance)

    found = {name: [spoilt(data) for data in contents] for name, contents in whole.items()}
    found["a.xlsx"] += [lambda chance: remade(whole["a.xlsx"][0], chance)] * 3
    found["a.csv.gz"].append(lambda chance: gzip.compress(mutated(delimited(), chance), mtime=0))
    found["a.zip"].append(lambda chance: remade(whole["a.zip"][0], chance))
    return found


def judge(folder: Path, name: str, content: bytes) -> str:
    """What intake did wrong with a file, or nothing: it may take it, or refuse it in words, and loses no row."""
    path, out, refused = folder / "received", folder / "out", folder / "refused"
    path.write_bytes(content)
    for place in (out, refused):
        place.unlink(missing_ok=True)
    try:
        taken = intake.take_file(path, name, "claims", intake.identity("claims", NAMES), out, refused, constants={})
        if taken.received != taken.accepted + taken.duplicate + taken.refused:
            return f"rows were lost: {taken}"
        if pq.read_metadata(out).num_rows != taken.accepted:
            return f"rows were written that were not counted: {taken}"
    except BadInput as error:
        if ":" not in error.what:
            return f"it does not say what to do: {error}"
        if out.exists() or refused.exists():
            return f"something was left behind: {error}"
    except Exception:
        return traceback.format_exc(limit=-6)
    try:
        json.dumps(intake.preview(path, name, "claims", None).to_json()).encode()
    except BadInput:
        pass
    except Exception:
        return traceback.format_exc(limit=-6)
    return ""


def case(seed: int) -> tuple[str, bytes]:
    """A case: the name of its file, and the file."""
    chance, seeds = random.Random(seed), _SEEDS or _seeds()
    _SEEDS.update(seeds)
    name = chance.choice(sorted(seeds))
    return name, chance.choice(seeds[name])(chance)


_SEEDS: dict[str, list[Make]] = {}


def tries(first: int, count: int) -> list[tuple[int, str, str]]:
    """Judge so many cases in the folder at hand: the seed, the name and the fault of each that failed.

    The file `received` is the case at hand, should everything end with it, and `seed` its seed.
    """
    faults = []
    for seed in range(first, first + count):
        name, content = case(seed)
        Path("seed").write_text(str(seed))
        if fault := judge(Path(), name, content):
            faults.append((seed, name, fault))
    return faults


def replay(path: str, name: str) -> str:
    """Judge a file of the corpus in the folder at hand."""
    return judge(Path(), name, Path(path).read_bytes())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])):
            called, data = case(number)
            if wrong := judge(Path(scratch), called, data):
                kept = CORPUS / f"{sha256(data).hexdigest()[:12]}-{called}"
                kept.write_bytes(data)
                sys.stdout.write(f"{number} {kept.name}\n{wrong}\n")
