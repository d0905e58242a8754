"""Compiled loops: when they are taken, and that none outlives a change of the code that it was made of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from audit.kernel.records import compiled, sorting, texts

PACKAGE = Path(compiled.__file__).parent
MODULES = sorted(path.name for path in PACKAGE.glob("*.py"))
ASK = """
import pyarrow as pa
from audit.kernel.records import compiled, reading, sorting, texts
column = reading.texts(pa.array(["a", "b"]))
codes = reading.Codes(pa.array(["v", "v"])).of(0)
answer = codes.copy()
compiled.chosen(sorting, compiled.MANY).find_ranges(codes, column, codes[1:], reading.texts(pa.array(["b"])), answer)
print(answer.tolist())
"""


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, to be changed, for which the digest is made."""
    folder = tmp_path / "records"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compiled, "_PACKAGE", folder)
    monkeypatch.setattr(compiled, "digest", compiled.digest.__wrapped__)
    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    return folder


def test_the_digest_is_of_the_code_alone(copied: Path) -> None:
    assert compiled.digest() == compiled.digest()
    (copied / "__pycache__").mkdir()
    (copied / "notes.txt").write_text("not code", encoding="utf-8")
    unchanged = compiled.digest()
    (copied / "texts.py").touch()
    assert compiled.digest() == unchanged


@pytest.mark.parametrize("name", MODULES)
def test_the_digest_changes_with_every_module(copied: Path, name: str) -> None:
    told = {compiled.digest()}
    with (copied / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    told.add(compiled.digest())
    (copied / name).rename(copied / f"other_{name}")
    told.add(compiled.digest())
    (copied / f"other_{name}").unlink()
    told.add(compiled.digest())
    assert len(told) == 4


def test_the_folder_of_what_was_compiled_is_named_by_the_digest(copied: Path) -> None:
    named = []
    for text in ("", "# changed\n"):
        with (copied / "texts.py").open("a", encoding="utf-8") as file:
            file.write(text)
        compiled._compiler.__wrapped__()
        named.append(Path(numba.config.CACHE_DIR))
        assert named[-1] == copied / "__pycache__" / f"compiled-{compiled.digest()[:16]}"
        assert named[-1].is_dir()
    assert named[0] != named[1]


def test_what_cannot_be_written_is_compiled_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    before = numba.config.CACHE_DIR
    monkeypatch.setattr(compiled, "_PACKAGE", tmp_path / "file")  # no folder can be made below a file
    function = compiled._compiler.__wrapped__()(texts.equal)
    data = np.frombuffer(b"abcabd", np.uint8)
    assert function(data, 0, 2, data, 3, 5)
    assert not function(data, 0, 3, data, 3, 6)
    assert before == numba.config.CACHE_DIR


def test_a_change_in_a_called_module_is_seen_by_the_next_process(tmp_path: Path) -> None:
    """`find_ranges` of sorting.py holds `before` of texts.py; what was compiled of it is kept beside the code."""
    kernel = PACKAGE.parent
    shutil.copytree(kernel, tmp_path / "audit" / "kernel", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(kernel.parent / "__init__.py", tmp_path / "audit")
    changed = tmp_path / "audit" / "kernel" / "records" / "texts.py"
    text = changed.read_text(encoding="utf-8")

    def ask() -> str:
        env = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-c", ASK]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert ask() == "[0, 1]"
    kept = list(changed.parent.glob("__pycache__/compiled-*"))
    assert len(kept) == 1
    assert list(kept[0].rglob("*find_ranges*.nbi"))
    assert text.count("data[a] < other.data[b]") == 1
    changed.write_text(text.replace("data[a] < other.data[b]", "data[a] > other.data[b]"), encoding="utf-8")
    assert ask() == "[1, 1]"
    assert len(list(changed.parent.glob("__pycache__/compiled-*"))) == 2


@pytest.mark.parametrize("rows", [0, compiled.MANY - 1])
def test_few_rows_need_no_compiler(rows: int) -> None:
    assert compiled.chosen(sorting, rows) is sorting
    column = texts.Texts(np.array([0, 2]), np.frombuffer(b"ab", np.uint8), np.array([True]))
    assert compiled.fit(column, rows) == texts.Texts([0, 2], b"ab", [True])
    assert compiled.fit((column, 3, None), rows) == (texts.Texts([0, 2], b"ab", [True]), 3, None)


def test_many_rows_take_compiled_loops_with_one_telling_of_the_law() -> None:
    loops = compiled.chosen(sorting, compiled.MANY)
    column = texts.Texts(np.array([0, 2]), np.frombuffer(b"ab", np.uint8), np.array([True]))
    assert loops is compiled.chosen(sorting, compiled.MANY)
    assert loops.intern.py_func.__code__ is sorting.intern.__code__
    assert loops.same is compiled.chosen(texts, compiled.MANY).same
    assert sorting.same is texts.same
    assert compiled.fit(column, compiled.MANY) is column
