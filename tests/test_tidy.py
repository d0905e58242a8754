"""The style of the house, held by tests: sizes, docstrings, SQL files, words."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.kernel.terms import VOCABULARY

ROOT = Path(__file__).parent.parent
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
FUNCTION_LINES_MEDIAN = 10
SQL_LINES_MAX = 48  # about forty, comments included


def tracked(pattern: str) -> list[Path]:
    """Files that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in sorted(set(names)) if name and (ROOT / name).exists()]


PYTHON = [path for path in tracked("*.py") if "migrations" not in path.parts]
CODE = [path for path in PYTHON if path.relative_to(ROOT).parts[0] not in ("tests", "bench")]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in PYTHON if (n := len(path.read_text().splitlines())) > FILE_LINES_MAX
    }
    assert long == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in PYTHON
        for node in functions(path)
        if length(node) > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_functions_are_short_in_the_middle() -> None:
    assert statistics.median(length(node) for path in CODE for node in functions(path)) < FUNCTION_LINES_MEDIAN


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in PYTHON
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_whatever_others_call_has_a_docstring() -> None:
    silent = []
    for path in CODE:
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert silent == []


def test_the_steps_are_the_sql_files() -> None:
    from audit.kernel.bench import STEPS

    files = {path.stem for path in (ROOT / "audit/kernel/sql/steps").glob("*.sql")}
    assert files == {Path(step).stem for step in STEPS}


@pytest.mark.parametrize("path", tracked("audit/*.sql"), ids=lambda path: path.stem)
def test_a_sql_file_is_one_short_select_with_a_head(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"-- {path.stem}: "), "the first line says what the table holds"
    assert text.splitlines()[1].startswith("-- "), "the second line says what a row is and what it reads"
    assert len(text.splitlines()) <= SQL_LINES_MAX
    body = re.sub(r"--[^\n]*|'[^']*'", "", text)
    assert body.count(";") <= 1
    assert not re.search(r"select\s+\*", body), "columns are named"
    if path.parent.name != "explain":  # which asks for one claim; the law itself takes no parameter
        assert not re.search(r"[{}$?]", body), "no placeholders"
    assert not re.search(r"\b(float|double|real)\b", body), "no float"


def test_readme_and_terms_share_one_vocabulary() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \|$", readme, flags=re.MULTILINE))
    assert rows == VOCABULARY


def test_no_file_is_called_utils_or_services() -> None:
    assert [path for path in PYTHON if path.stem in ("utils", "services", "signals", "helpers")] == []


def test_nothing_names_a_machine_path() -> None:
    pattern = re.compile(r"(^|[^A-Za-z0-9_.])/(root|home|work)/")
    texts = [
        path for path in tracked(".") if path.suffix in {".py", ".md", ".toml", ".sql", ".html", ".css", ".js", ".txt"}
    ]
    named = [
        str(path.relative_to(ROOT))
        for path in texts
        if path != Path(__file__) and pattern.search(path.read_text(errors="replace"))
    ]
    assert named == []


def test_templates_hold_no_inline_style_or_script() -> None:
    inline = re.compile(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|<style", flags=re.IGNORECASE)
    found = [str(path.relative_to(ROOT)) for path in tracked("*.html") if inline.search(path.read_text())]
    assert found == []
