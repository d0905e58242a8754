"""The command line: exit codes, one line for each fault, nothing half written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.kernel.__main__ import main

CLAIMS = "vendor,claim_id,agent_id,action,target,occurred_at\nacme,c1,a1,x,crm/Case/1,2026-03-02T12:00:00Z\n"
EVIDENCE = "system,event_id,grade,target,action,occurred_at,outcome\ncrm,e1,A,crm/Case/1,x,2026-03-02T12:00:01Z,done\n"
BAD_ROW = "acme,c2,a1,x,crm/Case/1,yesterday\n"


class Desk:
    """A folder with files to judge."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "run"
        self.write("claims.csv", CLAIMS)
        self.write("evidence.csv", EVIDENCE)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def judge(self, *options: str) -> int:
        files = ["--claims", str(self.folder / "claims.csv"), "--evidence", str(self.folder / "evidence.csv")]
        return main(["judge", *files, "--out", str(self.out), *options])

    def files(self) -> set[str]:
        return {path.name for path in self.out.iterdir()} if self.out.exists() else set()

    def leftovers(self) -> list[str]:
        return [path.name for path in self.folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_judge_writes_the_run_and_says_the_score(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.judge() == 0
    assert {"verdicts.parquet", "summary.json", "refused.csv", "inputs"} <= desk.files()
    said = capsys.readouterr()
    assert "score: 100.00 %" in said.out
    assert said.err == ""
    assert desk.leftovers() == []


def test_a_second_run_takes_the_place_of_the_first(desk: Desk) -> None:
    assert desk.judge() == 0
    assert desk.judge("--format", "csv", "--slices", "2", "--threads", "1", "--memory", "1GB") == 0
    assert "verdicts.csv" in desk.files()
    assert "verdicts.parquet" not in desk.files()
    assert desk.leftovers() == []


def test_a_folder_with_other_things_is_left_alone(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.out.mkdir()
    (desk.out / "thesis.txt").write_text("x", encoding="utf-8")
    assert desk.judge() == 2
    assert "thesis.txt" in capsys.readouterr().err
    assert desk.files() == {"thesis.txt"}


def test_bad_rules_are_one_line_each_and_nothing_is_written(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    rules = desk.write("rules.json", '{"burst_minimum": 1.5, "burst_max": 2}')
    assert desk.judge("--rules", str(rules)) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[:2] for line in lines] == [["rules.json", " burst_max"], ["rules.json", " burst_minimum"]]
    assert desk.files() == set()
    assert desk.leftovers() == []


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"burst_minimum": 2, "burst_minimum": 3}', "\ufeff", '{"burst_minimum": NaN}']
)
def test_rules_that_are_no_rules(desk: Desk, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.judge("--rules", str(desk.write("rules.json", text))) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_bad_files_are_one_line_each_and_nothing_is_written(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.write("claims.csv", "vendor,claim_id\nacme,c1\n")
    (desk.folder / "evidence.csv").unlink()
    assert desk.judge() == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert desk.files() == set()
    assert desk.leftovers() == []


def test_a_refused_row_stops_the_run_unless_it_is_allowed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.write("claims.csv", CLAIMS + BAD_ROW)
    assert desk.judge() == 4
    assert desk.files() == {"refused.csv"}
    assert "1 rows were refused" in capsys.readouterr().err
    assert desk.judge("--max-refused", "1") == 0
    assert "yesterday" in (desk.out / "refused.csv").read_text(encoding="utf-8")


def test_a_naive_time_needs_its_zone(desk: Desk) -> None:
    desk.write("claims.csv", CLAIMS.replace("12:00:00Z", "14:00:00"))
    assert desk.judge() == 4
    assert desk.judge("--timezone", "Europe/Berlin") == 0
    summary = json.loads((desk.out / "summary.json").read_text(encoding="utf-8"))
    assert summary["states"]["verified"]["claims"] == 0


def test_verify_judges_again(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.judge("--format", "csv") == 0
    assert main(["verify", str(desk.out)]) == 0
    verdicts = desk.out / "verdicts.csv"
    verdicts.write_text(verdicts.read_text(encoding="utf-8").replace("verified", "unsupported"), encoding="utf-8")
    capsys.readouterr()
    assert main(["verify", str(desk.out)]) == 1
    assert capsys.readouterr().err.splitlines() == [f"{desk.out}: verdicts.csv: changed"]


@pytest.mark.parametrize("name", ["units", "row_root", "rules_sha256"])
def test_verify_sees_a_changed_summary(desk: Desk, name: str) -> None:
    assert desk.judge() == 0
    path = desk.out / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**summary, name: "x"}), encoding="utf-8")
    assert main(["verify", str(desk.out)]) == 1


def test_verify_sees_a_changed_parquet_row(desk: Desk) -> None:
    assert desk.judge() == 0
    first = (desk.out / "verdicts.parquet").read_bytes()
    desk.write("evidence.csv", EVIDENCE.replace("done", "failed"))
    assert desk.judge() == 0
    (desk.out / "verdicts.parquet").write_bytes(first)
    assert main(["verify", str(desk.out)]) == 1


def test_verify_says_what_it_cannot_do(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(desk.folder / "bundle.zip")]) == 5
    assert "can be verified so far" in capsys.readouterr().err


def test_explain_tells_one_claim(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.judge() == 0
    capsys.readouterr()
    assert main(["explain", "--run", str(desk.out), "--claim", "acme", "c1"]) == 0
    assert "crm:e1 saw it done" in capsys.readouterr().out
    assert main(["explain", "--run", str(desk.out), "--claim", "acme", "c1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdicts"][0]["state"] == "verified"
    assert main(["explain", "--run", str(desk.out), "--claim", "acme", "c2"]) == 2
