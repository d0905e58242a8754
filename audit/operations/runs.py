"""Runs: opened with fixed inputs, carried by a worker stage by stage, ended with a result or a reason.

Each finished stage leaves its files in the vault and their keys on the run, so that another worker goes on
from there when one dies. Every write of a worker is fenced by its lease.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from audit.kernel.reconcile import BadEvidence, CheckFailed, Inputs, judge, law_digest
from audit.kernel.ruleset import Rule, parse
from audit.models import Actor, Batch, Coverage, Job, RuleSet, Run, Source, Vendor
from audit.operations import alerts, batches, counts, jobs, prices, results, rules, streams
from audit.operations.faults import Refused
from audit.operations.points import reached
from audit.operations.progress import reporter, tell
from audit.operations.record import canonical_json, enter, lock, next_number
from audit.queries.rules import in_force
from audit.queries.runs import reach
from audit.vault import files
from audit.vault.sample import count_rows, sample_claims, sample_evidence
from audit.vault.select import join_lines, select_claims, select_evidence, write_rows
from tenants.models import Tenant
from tenants.scope import current, scope

INPUT_FILES = ("claims", "evidence", "coverage", "actors")
SAMPLE_CLAIMS = 5_000  # about so many; a run with less than twice as many needs no sample


def open_run(
    period_start: datetime,
    period_end: datetime,
    by: str,
    *,
    rule_set: RuleSet | None = None,
    vendor: Vendor | None = None,
) -> Run:
    """Open a run over what has arrived so far, in streams too, and queue it.

    Without a rule set: the one in force on the first day of the period in the tenant's zone, else the law's defaults.
    """
    if period_start >= period_end:
        raise Refused("The period ends before it begins: period_end must be later.", field="period_end")
    streams.close_all()
    rule_set = rule_set or _in_force(period_start)
    if rule_set.state == RuleSet.State.REJECTED:
        raise Refused(f"{rule_set} was rejected: choose another version.", field="rule_set")
    lock("runs")
    run = Run.objects.create(
        tenant_id=current(),
        number=next_number(Run.objects, "number"),
        period_start=period_start,
        period_end=period_end,
        vendor=vendor,
        rule_set=rule_set,
        trial=rule_set.state != RuleSet.State.APPROVED,
        opened_by=by,
        inputs=_fixed_inputs() | {"rate_cards": prices.fixed(period_start, period_end, vendor)},
    )
    inputs = hashlib.sha256(canonical_json(run.inputs)).hexdigest()  # accounts may be names: never in the ledger
    enter("run.opened", run, by, rules=rule_set.digest, inputs=inputs)
    jobs.add(Job.Kind.CARRY, run.id)
    return run


def _in_force(period_start: datetime) -> RuleSet:
    with timezone.override(Tenant.objects.get(id=current()).time_zone):
        return in_force(timezone.localdate(period_start)) or rules.standard()


def again(run: Run, by: str) -> Run:
    """Open a run like an earlier one, over what has arrived since too; finished, it takes the earlier one's place."""
    return open_run(run.period_start, run.period_end, by, rule_set=run.rule_set, vendor=run.vendor)


def settings_changed(run: Run) -> list[str]:
    """Which of a run's other inputs stand differently now: coverage, actors."""
    now = _fixed_inputs()
    return [name for name in ("coverage", "actors") if now[name] != run.inputs[name]]


def _fixed_inputs() -> dict[str, Any]:
    newest = Batch.objects.order_by("-position").values_list("position", flat=True).first()
    coverage = Coverage.objects.filter(state=Coverage.State.CONFIRMED).order_by("id")
    return {
        "until_position": newest or 0,
        "coverage": [
            {
                "system": row.system,
                "grade": row.grade,
                "target_prefix": row.target_prefix,
                "action": row.action or None,
                "starts_at": row.starts_at.isoformat(),
                "ends_at": row.ends_at.isoformat(),
            }
            for row in coverage
        ],
        "actors": [
            {"system": row.system, "actor": row.actor, "vendor": row.vendor.key, "agent_id": row.agent_id}
            for row in Actor.objects.select_related("vendor").order_by("id")
        ],
    }


def carry(lease: jobs.Lease) -> None:
    """Carry a run to its end, from the stage that is next. A job: called outside any scope."""
    with scope(lease.tenant_id):
        run = Run.objects.select_related("rule_set", "vendor").get(id=lease.object_id)
        if run.state in (Run.State.DONE, Run.State.FAILED):
            jobs.finish(lease)
            return
        _start(run, lease)
    with files.scratch(lease.tenant_id, f"run-{run.id}", lease.fence) as folder:
        try:
            _ensure_inputs(run, lease, folder)
            _ensure_judgement(run, lease, folder)
            _ensure_lines(run, lease, folder)
        except (BadEvidence, CheckFailed) as error:
            _stop(run, lease, error)
            return
    tell(run, lease, "results", 0, 1)
    found = results.gather(files.local(run.files["totals"]), files.local(run.files["lines"]))
    run.prices = prices.gather(run)
    with scope(lease.tenant_id):
        jobs.hold(lease)
        results.write(run, found)
        alerts.hold()
        prices.note_use(run)
        _end(run)
        alerts.after_run(run)
        jobs.finish(lease)
        reached("run.written")


def _stop(run: Run, lease: jobs.Lease, error: BadEvidence | CheckFailed) -> None:
    """End a run that another attempt would not mend; the rows that broke the law are kept."""
    sentence = f"The evidence contradicts itself: {error}."
    if isinstance(error, CheckFailed):
        run.files = run.files | {"failed": files.store(lease.tenant_id, error.path, ".csv").key}
        sentence = f"The run broke a law and was stopped: {error}."
    with scope(lease.tenant_id):
        jobs.hold(lease)
        run.save(update_fields=["files"])
        give_up(run.id, sentence)
        jobs.finish(lease, str(error))


def _start(run: Run, lease: jobs.Lease) -> None:
    jobs.hold(lease)
    batches.wait_for(_heard(run), "files that belong to the run are still being read")
    if "batches" not in run.inputs:
        run.inputs["batches"] = [_fingerprint(row) for row in _sealed(run)]
    run.state = Run.State.RUNNING
    run.started_at = run.started_at or timezone.now()
    run.save()


def _fingerprint(batch: Batch) -> dict[str, Any]:
    return {
        "id": str(batch.id),
        "position": batch.position,
        "kind": batch.source.kind,
        "sha256": batch.sha256,
        "mapping_version": batch.mapping_version,
        "rows_key": batch.rows_key,
        "vendor": str(batch.source.vendor_id) if batch.source.vendor_id else None,
    }


def _heard(run: Run) -> QuerySet[Batch]:
    """The batches that arrived before the run; counts are no claims, and no run hears them."""
    before = Batch.objects.filter(position__lte=run.inputs["until_position"])
    return before.exclude(source__kind=Source.Kind.COUNTS)


def _sealed(run: Run) -> list[Batch]:
    return list(_heard(run).filter(state=Batch.State.SEALED).select_related("source").order_by("position"))


def _ensure_inputs(run: Run, lease: jobs.Lease, folder: Path) -> None:
    if "claims" in run.files:
        return
    tell(run, lease, "inputs", 0, 3)
    rule = parse(run.rule_set.rules)
    claims = [row for row in _paths(run, "claims") if run.vendor_id is None or row[3] == str(run.vendor_id)]
    select_claims([row[:3] for row in claims], run.period_start, run.period_end, folder / "claims")
    tell(run, lease, "inputs", 1, 3)
    _select_evidence(run, rule, folder / "claims", folder / "evidence")
    tell(run, lease, "inputs", 2, 3)
    write_rows("coverage", [_instants(row) for row in run.inputs["coverage"]], folder / "coverage")
    write_rows("actors", run.inputs["actors"], folder / "actors")
    _keep(run, lease, {name: folder / name for name in INPUT_FILES})


def _select_evidence(run: Run, rule: Rule, claims: Path, out: Path, is_sample: bool = False) -> Path:
    before, after = reach(rule)
    batches = [row[:3] for row in _paths(run, "evidence")]
    select_evidence(batches, run.period_start - before, run.period_end + after, claims, out, is_sample=is_sample)
    return out


def rule_of(run: Run) -> Rule:
    """The rule that judged a finished run: a draft that it was opened with may have changed since."""
    return parse(run.summary["rules"])


def inputs_under(run: Run, rule: Rule, folder: Path, sample: Mapping[str, Path] | None = None) -> Inputs:
    """What the fixed inputs of a finished run are to a rule: one that reaches otherwise hears other events of them.

    sample: the paths that `sampled` gave; then nothing but those claims and their events.
    """
    paths = {name: files.local(run.files[name]) for name in INPUT_FILES} | dict(sample or {})
    if reach(rule) != reach(rule_of(run)):
        paths["evidence"] = _select_evidence(run, rule, paths["claims"], folder / "evidence", is_sample=bool(sample))
    return Inputs(**{name: [path] for name, path in paths.items()})


def sampled(run: Run, folder: Path) -> dict[str, Path]:
    """The run's sample, claims and evidence, kept with it or made in a folder; nothing where it has few claims."""
    if "sample_claims" in run.files:
        return {name: files.local(run.files[f"sample_{name}"]) for name in ("claims", "evidence")}
    every, claims, evidence = files.local(run.files["claims"]), folder / "sample-claims", folder / "sample-evidence"
    parts = count_rows(every) // SAMPLE_CLAIMS
    if parts < 2 or not sample_claims(every, parts, claims):
        return {}
    sample_evidence(files.local(run.files["evidence"]), claims, evidence)
    return {"claims": claims, "evidence": evidence}


def _paths(run: Run, kind: str) -> list[tuple[int, str, Path, str | None]]:
    return [
        (row["position"], row["id"], files.local(row["rows_key"]), row["vendor"])
        for row in run.inputs["batches"]
        if row["kind"] == kind
    ]


def _instants(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(row) | {name: datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at")}


def _ensure_judgement(run: Run, lease: jobs.Lease, folder: Path) -> None:
    if "verdicts" in run.files:
        return
    tell(run, lease, "judgement", 0, 1)
    out = folder / "judged"
    inputs = Inputs(**{name: [files.local(run.files[name])] for name in INPUT_FILES})
    summary = judge(inputs, parse(run.rule_set.rules), out, memory=settings.BENCH_MEMORY, progress=reporter(run, lease))
    run.summary = json.loads(json.dumps(summary, default=str))
    run.row_root = run.summary["row_root"]
    _keep(run, lease, {path.stem: path for path in sorted(out.glob("*.parquet"))})


def _ensure_lines(run: Run, lease: jobs.Lease, folder: Path) -> None:
    if "lines" in run.files:
        return
    tell(run, lease, "lines", 0, 1)
    join_lines(files.local(run.files["verdicts"]), files.local(run.files["claims"]), folder / "lines")
    sample = {f"sample_{name}": path for name, path in sampled(run, folder).items()}
    _keep(run, lease, {"lines": folder / "lines"} | sample)


def _keep(run: Run, lease: jobs.Lease, made: dict[str, Path]) -> None:
    """Put a stage's files into the vault and note them on the run, unless the lease was lost."""
    run.files = run.files | {name: files.store(lease.tenant_id, path, ".parquet").key for name, path in made.items()}
    with scope(lease.tenant_id):
        jobs.hold(lease)
        run.save(update_fields=["files", "summary", "row_root"])
    reached("run.kept")


def _end(run: Run) -> None:
    lock("runs")
    run.state, run.ended_at, run.error = Run.State.DONE, timezone.now(), ""
    run.stage, run.stage_done, run.stage_total = "", 0, 0
    same = Run.objects.filter(
        period_start=run.period_start, period_end=run.period_end, vendor=run.vendor, state=Run.State.DONE
    )
    run.superseded_by = same.filter(number__gt=run.number, trial=False).order_by("number").last()
    run.save()
    if not run.trial:
        same.filter(number__lt=run.number, superseded_by=None).update(superseded_by=run)
    counts.ask(run.vendor)
    enter("run.done", run, "system", row_root=run.row_root, law=law_digest(), files=run.files)


def give_up(run_id: UUID, error: str) -> None:
    """End a run that cannot be carried, with the reason."""
    run = Run.objects.get(id=run_id)
    run.state, run.error, run.ended_at = Run.State.FAILED, error, timezone.now()
    run.save(update_fields=["state", "error", "ended_at"])
    enter("run.failed", run, "system", error=error[:500])


def reopen(run_id: UUID) -> None:
    """Carry on with what was given up, over the same inputs."""
    given_up = Run.objects.filter(id=run_id, state=Run.State.FAILED)
    given_up.update(state=Run.State.WAITING, error="", ended_at=None)
