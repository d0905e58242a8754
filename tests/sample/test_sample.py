"""The sample: the same for the same seed, exact in its counts, and with a truth beside it that covers every line."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from audit.kernel import terms
from audit.kernel.terms import MEANINGS, Reason
from audit.sample import PLANTED, RULES, Delivery, Made, hostile, make, planted, write
from audit.sample.__main__ import main

CLAIMS = 3_000
KEY = ["vendor", "claim_id", "revision"]
NUMBERS = ("revision", "units", "charge_micros", "tokens_input", "tokens_cached", "tokens_output")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("sample"), seed=7, claims=CLAIMS)


INSTANTS = ("occurred_at", "starts_at", "ends_at")


def read(*paths: Path) -> Any:
    columns = [column.name for kind in terms.INPUTS.values() for column in kind] + ["expected_state", "expected_reason"]
    kinds = dict.fromkeys(columns, pa.string()) | dict.fromkeys(NUMBERS, pa.int64())
    kinds |= {"withdrawn": pa.bool_()} | dict.fromkeys(INSTANTS, pa.timestamp("us", tz="UTC"))
    options = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=True)
    return pa.concat_tables([pyarrow.csv.read_csv(path, convert_options=options) for path in paths])


def claims_of(delivery: Delivery) -> Any:
    return read(*delivery.claims.values())


def evidence_of(delivery: Delivery) -> Any:
    return read(*delivery.evidence.values())


def rows(table: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, fmt: str) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, seed=3, claims=600, fmt=fmt)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    for seed in (3, 4):
        write(tmp_path / str(seed), seed=seed, claims=600)
    one, other = digests(tmp_path / "3"), digests(tmp_path / "4")
    assert one["northwind/claims-forcedesk.csv.gz"] != other["northwind/claims-forcedesk.csv.gz"]


def test_both_formats_hold_the_same_rows(made: Made, tmp_path: Path) -> None:
    other = write(tmp_path, seed=7, claims=CLAIMS, fmt="parquet")
    for delivery, same in zip(made.tenants, other.tenants, strict=True):
        for path, twin in zip(delivery.claims.values(), same.claims.values(), strict=True):
            table = pyarrow.parquet.read_table(twin)
            assert table.column_names == read(path).column_names
            assert rows(table, *KEY, "target", "units") == rows(read(path), *KEY, "target", "units")


def test_columns_are_those_of_the_law(made: Made) -> None:
    for delivery in made.tenants:
        assert claims_of(delivery).column_names == [column.name for column in terms.CLAIMS]
        assert evidence_of(delivery).column_names == [column.name for column in terms.EVIDENCE]
        assert read(delivery.coverage).column_names == [column.name for column in terms.COVERAGE]
        assert read(delivery.actors).column_names == [column.name for column in terms.ACTORS]


def test_the_shares_add_up_to_the_whole() -> None:
    for shares in PLANTED.values():
        assert set(shares) == set(Reason)
        assert sum(shares.values()) == planted.BPS


@pytest.mark.parametrize("claims", [1, 2, 50, 999, 3_000])
def test_there_are_exactly_as_many_lines_as_were_asked_for(tmp_path: Path, claims: int) -> None:
    made = write(tmp_path, claims=claims)
    assert made.lines == sum(claims_of(delivery).num_rows for delivery in made.tenants) == claims


def test_every_reason_is_planted_exactly_as_often_as_the_table_says(made: Made) -> None:
    for delivery in made.tenants:
        found = Counter(rows(read(delivery.truth), "vendor", "expected_reason"))
        for vendor, path in delivery.claims.items():
            lines = read(path).num_rows
            for reason, count in delivery.planted[vendor].items():
                assert found[vendor, reason.value] == count
            assert planted.counts(vendor, 0, lines) == delivery.planted[vendor]


def test_rates_are_those_of_the_table(tmp_path: Path) -> None:
    made = write(tmp_path, claims=60_000)
    for delivery in made.tenants:
        for vendor, counts in delivery.planted.items():
            lines = sum(counts.values())
            for reason, count in counts.items():
                slack = len(Reason) if reason is Reason.SUPPORTED else 1
                assert abs(count - lines * PLANTED[vendor][reason] // planted.BPS) < slack
    assert 0.84 < made.events / made.lines < 0.86


def test_every_reason_is_there(made: Made) -> None:
    assert all(made.reasons().values())


def test_the_truth_covers_every_line_once_and_in_the_order_of_the_file(made: Made) -> None:
    for delivery in made.tenants:
        truth = read(delivery.truth)
        for vendor, path in delivery.claims.items():
            assert rows(truth.filter(pc.equal(truth["vendor"], vendor)), *KEY) == rows(read(path), *KEY)


def test_the_truth_has_the_state_that_belongs_to_its_reason(made: Made) -> None:
    for delivery in made.tenants:
        for state, reason in set(rows(read(delivery.truth), "expected_state", "expected_reason")):
            assert MEANINGS[Reason(reason)].state == state


def test_no_claim_id_is_used_twice_but_by_what_shares_it_on_purpose(made: Made) -> None:
    for delivery in made.tenants:
        reasons = rows(read(delivery.truth), "expected_reason")
        shared = [reason for key, (reason,) in zip(rows(claims_of(delivery), *KEY), reasons, strict=True) if key]
        distinct = len(set(rows(claims_of(delivery), *KEY)))
        assert distinct == len(shared) - shared.count("duplicate_id")


def test_claim_ids_and_event_ids_stay_unique_across_chunks(tmp_path: Path) -> None:
    made = write(tmp_path, claims=4_000, chunk=500)
    for delivery in made.tenants:
        lines, events = claims_of(delivery), evidence_of(delivery)
        duplicates = rows(read(delivery.truth), "expected_reason").count(("duplicate_id",))
        assert len(set(rows(lines, *KEY))) == lines.num_rows - duplicates
        assert len(set(rows(events, "system", "event_id"))) == events.num_rows


def test_every_instant_lies_in_the_period_and_evidence_a_little_after_it(made: Made) -> None:
    for delivery in made.tenants:
        at = pc.min_max(claims_of(delivery)["occurred_at"]).as_py()
        assert f"{at['min']:%F}" >= "2026-07-01"
        assert f"{at['max']:%F}" <= "2026-09-30"
        seen = pc.min_max(evidence_of(delivery)["occurred_at"]).as_py()
        assert f"{seen['min']:%F}" >= "2026-07-01"
        assert f"{seen['max']:%F}" <= "2026-10-09"


def test_no_system_of_record_speaks_from_within_its_own_hole(made: Made) -> None:
    for delivery in made.tenants:
        coverage = rows(read(delivery.coverage), "system", "starts_at", "ends_at")
        for system, at in rows(evidence_of(delivery), "system", "occurred_at"):
            spans = [(starts, ends) for name, starts, ends in coverage if name == system]
            assert system == "finbot-log" or any(starts <= at < ends for starts, ends in spans)


def test_lines_refer_only_to_lines_that_are_there(made: Made) -> None:
    for delivery in made.tenants:
        ids = set(rows(claims_of(delivery), "vendor", "claim_id"))
        parents = {pair for pair in rows(claims_of(delivery), "vendor", "parent_id") if pair[1]}
        assert parents
        assert parents <= ids
        named = {name for name in evidence_of(delivery)["claim_ref"].to_pylist() if name}
        assert named
        assert named <= {claim_id for _, claim_id in ids}


def test_the_looping_agent_gets_worse_in_september(tmp_path: Path) -> None:
    delivery = write(tmp_path, claims=20_000, tenants=1).tenants[0]
    lines = read(delivery.claims["forcedesk"])
    truth = read(delivery.truth)
    reasons = truth.filter(pc.equal(truth["vendor"], "forcedesk"))["expected_reason"].to_pylist()
    months = Counter(
        at.month
        for (agent, at), reason in zip(rows(lines, "agent_id", "occurred_at"), reasons, strict=True)
        if agent == "sales-enrich" and reason == "repeat"
    )
    assert months[9] > 2 * months[8] > 2 * months[7]


def test_one_vendor_is_clearly_better_than_another() -> None:
    assert PLANTED["finbot"][Reason.SUPPORTED] - PLANTED["forcedesk"][Reason.SUPPORTED] >= 2_000


def test_the_rules_are_written_beside_the_files(made: Made) -> None:
    for delivery in made.tenants:
        assert json.loads(delivery.rules.read_text()) == RULES


@pytest.mark.parametrize("wrong", [{"fmt": "xml"}, {"claims": 0}, {"tenants": 3}, {"chunk": 0}])
def test_what_can_not_be_written_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="can not write"):
        write(tmp_path, **wrong)


def test_the_command_says_what_it_planted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "--claims", "600", "--hostile"]) == 0
    assert capsys.readouterr().out.startswith("600 claim lines")
    assert (tmp_path / "hostile" / "empty.csv").exists()


def test_every_hostile_file_is_written_and_explained(tmp_path: Path) -> None:
    files = hostile(tmp_path)
    assert {file.path for file in files} == set(tmp_path.iterdir())
    assert all(file.words for file in files)
    assert sum(file.path.stat().st_size for file in files) < 8 * 1024 * 1024
