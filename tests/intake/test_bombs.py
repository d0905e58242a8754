"""Every bomb ends in a refusal that says what to do, within a GiB and a minute, and nothing else is harmed."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.intake import cell, identity
from audit.intake.walls import Limits
from audit.kernel.inputs import BadInput, Taken
from tests.intake import bombs
from tests.intake.bombs import HEAD, MIB, NAMES, ROW

GIB = 1 << 30


class Desk:
    """Where bombs are taken, each in a cell that is weighed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.out, self.refused = folder / "received", folder / "out", folder / "refused"
        self._folder, self._asked = folder, cell._asked
        self.peaks: list[int] = []
        monkeypatch.setattr(cell, "_asked", self._weighed)

    def _weighed(self, *arguments: Any) -> dict[str, Any]:
        how = self._asked(*arguments)
        self.peaks.append(how["peak_kib"] << 10)
        return how

    def take(self, name: str, content: bytes, limits: Limits = cell.STANDARD) -> Taken:
        """Take a file of claims; weigh who did it."""
        self.path.write_bytes(content)
        try:
            return cell.take_file(
                self.path,
                name,
                "claims",
                identity("claims", NAMES),
                self.out,
                self.refused,
                constants={},
                limits=limits,
            )
        finally:
            assert 0 < max(self.peaks) < GIB

    def left(self) -> list[str]:
        """What lies about beside the file."""
        return sorted(place.name for place in self._folder.iterdir() if place != self.path)

    def reasons(self) -> set[str]:
        """Why rows were refused, without what to do."""
        with self.refused.open(newline="", encoding="utf-8") as handle:
            return {row["reason"].partition(":")[0] for row in csv.DictReader(handle)}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


Make = Callable[[], bytes]
ZOO: list[tuple[str, Make, str]] = [
    ("bomb.csv.gz", bombs.gzip_bomb, "unpacks to more than .*: split it"),
    ("bomb.csv.zst", bombs.zstandard_bomb, "unpacks to more than .*: split it"),
    (
        "nested.zip",
        lambda: bombs.packed(("a.zip", bombs.packed(("a.csv", HEAD + ROW)))),
        "packed twice.*: pack it once",
    ),
    ("nested.gz", lambda: gzip.compress(gzip.compress(HEAD + ROW)), "packed twice: pack it once"),
    ("overlapping.zip", bombs.overlapping, "holds 100 files: a zip must"),
    ("crowded.zip", bombs.crowded, "holds 100,000 files: a zip must"),
    ("too_short.zip", lambda: bombs.lying(10), "cannot be unpacked .*: pack it again"),
    ("password.zip", lambda: bombs.flagged(1), "locked with a password: pack it again"),
    ("link.zip", bombs.linked, "holds a link and not a file: pack"),
    ("path.zip", lambda: bombs.packed(("../a.csv", HEAD + ROW)), "leads elsewhere: pack it again"),
    ("root.zip", lambda: bombs.packed(("/etc/a.csv", HEAD + ROW)), "leads elsewhere: pack it again"),
    ("deep.json", lambda: b"[" + bombs.nested(100_000) + b"]", "nested too deep.*: mend"),
    ("deeper.json", lambda: b"[" + bombs.nested(900) + b"]", "nested too deep.*: mend"),
    ("wrapped.json", lambda: b'{\n"rows":[' + bombs.nested(900) + b"]}", "nested too deep.*: mend"),
    ("endless_line.csv", lambda: b"x" * (64 * MIB), "has no header: the first line"),
    ("endless_line.csv.gz", lambda: gzip.compress(b"x" * (16 * MIB)) * 40, "has no header|unpacks to more than"),
    ("endless_field.json", lambda: b'[{"a":"' + b"x" * (64 * MIB), "not valid JSON.*: mend"),
    ("columns.csv", lambda: b",".join(b"c%d" % at for at in range(1_000_000)) + b"\n1\n", "1,000,000 columns: at most"),
    ("columns.json", lambda: b"[{" + bombs.named(300_000) + b"}]", "more than 1,000 columns: take"),
    ("columns.jsonl", lambda: b"{" + bombs.named(300_000) + b"}\n" * 2, "more than 1,000 columns: take"),
    ("laughs.xlsx", bombs.laughing, "no XLSX that can be read .*: save it again"),
    ("far.xlsx", lambda: bombs.far_away("XFD1048576", 1_048_576), "bytes of memory to read: split it"),
    ("row.xlsx", lambda: bombs.far_away("G4294967295", 4_294_967_295), "bytes of memory to read: split it"),
    ("swollen.xlsx", bombs.swollen, "unpacks to more than 536,870,912 bytes: save it as CSV"),
    ("shared.xlsx", bombs.repeated_strings, "bytes of memory to read: split it"),
    ("word.parquet", lambda: bombs.one_word_for_all(100_000, MIB), "unpacks to more than .*: split it"),
    ("words.parquet", lambda: bombs.one_word_for_all(700_000, 2_000), "unpacks to more than .*: split it"),
    ("torn.parquet", lambda: bombs.torn(0.5), "not a Parquet file that can be read .*: write it again"),
    ("scrambled.parquet", bombs.scrambled, "not a Parquet file that can be read .*: write it again"),
    ("footer.parquet", bombs.long_footer, "not a Parquet file that can be read .*: write it again"),
    ("boasting.parquet", bombs.boasting, "counts 8,191 rows and holds 100: write it again"),
    ("nul.csv", lambda: HEAD + ROW.replace(b"c1", b"c\0"), "no kind of file that is known: send"),
    ("nuls.csv", lambda: HEAD + bytes(32 * MIB), "has no column .*: change"),
    ("lines.csv", lambda: HEAD + b"\n" * 10_000_000, "no rows: send the file again"),
]


@pytest.mark.parametrize(("name", "make", "words"), ZOO, ids=[name for name, *_ in ZOO])
def test_a_bomb_is_refused_and_leaves_nothing(desk: Desk, name: str, make: Make, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        desk.take(name, make())
    assert str(caught.value).startswith(f"{name}: ")
    assert desk.left() == []
    assert os.waitpid(-1, os.WNOHANG) == (0, 0), "the warden lives, and nothing else was started"


PARTLY: list[tuple[str, Make, int, set[str]]] = [
    ("deep.jsonl", lambda: (bombs.nested(900) + b"\n") * 3, 3, {"is nested too deep"}),
    ("deeper.jsonl", lambda: b'{"a":' * 500 + b"1" + b"}" * 500, 1, {"is nested too deep"}),
    (
        "endless_line.csv",
        lambda: HEAD + ROW + b"x" * (20 * MIB),
        1,
        {"is longer than 16,777,216 bytes"},
    ),
    (
        "open_quote.csv",
        lambda: HEAD + ROW + b'acme,"' + b"x" * (20 * MIB) + b"\n",
        1,
        {"a quote opens in this line and is never closed"},
    ),
    ("endless_field.jsonl", lambda: b'{"a":"' + b"x" * (64 * MIB), 1, {"is longer than 16,777,216 bytes"}),
    ("far_row.xlsx", lambda: bombs.far_away("G1048576", 1_048_576), 1, {"is empty"}),
    ("utf8.csv", lambda: HEAD + "é".encode() * 9 + b",\xff\n", 1, {"has 2 fields where the header has 7"}),
    (
        "utf16.csv",
        lambda: b"\xff\xfe" + (HEAD + ROW).decode().encode("utf-16-le") + b"\x00\xd8" * 1000,
        1,
        {"has 1 field where the header has 7"},
    ),
]


@pytest.mark.parametrize(("name", "make", "refused", "reasons"), PARTLY, ids=[name for name, *_ in PARTLY])
def test_what_is_wrong_with_single_rows_is_refused_by_the_row(
    desk: Desk, name: str, make: Make, refused: int, reasons: set[str]
) -> None:
    taken = desk.take(name, make())
    assert (taken.refused, desk.reasons()) == (refused, reasons)
    assert taken.received == taken.accepted + taken.refused


def test_what_takes_too_long_is_refused(desk: Desk) -> None:
    with pytest.raises(BadInput, match=r"takes longer than \d+ seconds to read: split it"):
        desk.take("ones.jsonl", b"{}\n" * (1 << 22), Limits(seconds=-20))
    assert desk.left() == []
