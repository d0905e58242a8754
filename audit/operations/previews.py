"""Previews: a rule set tried on the inputs of a finished run. The run keeps every byte; what was stated stays.

A job judges a sample of whole records under both rules and keeps what it found, so that a large run shows
something soon; then it judges every claim under the new rules and sets the verdicts beside the run's own.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from audit.kernel.reconcile import BadEvidence, CheckFailed, judge
from audit.kernel.ruleset import Rule, parse
from audit.models import Job, Preview, RuleSet, Run
from audit.operations import jobs
from audit.operations.faults import Refused
from audit.operations.progress import reporter, tell
from audit.operations.record import enter, lock
from audit.operations.runs import inputs_under, rule_of, sampled
from audit.vault import files
from audit.vault.difference import Difference, compare
from audit.vault.select import join_lines
from tenants.scope import current, scope

Summary = dict[str, Any]


def ask(rule_set: RuleSet, run: Run, by: str) -> Preview:
    """Queue a preview of these rules on a finished run. The same rules on the same run are the same preview.

    Where the draft has changed since, or the work was given up, a new one takes the old one's place.
    """
    if run.state != Run.State.DONE:
        raise Refused(f"{run} is not done: choose a finished run.", field="run")
    lock("previews")
    known = Preview.objects.filter(rule_set=rule_set, run=run).first()
    if known is not None:
        if known.digest == rule_set.digest and known.state != Preview.State.FAILED:
            return known
        Job.objects.filter(kind=Job.Kind.PREVIEW, object_id=known.id).delete()  # a worker that has it loses its lease
        known.delete()
    preview = Preview.objects.create(
        tenant_id=current(), rule_set=rule_set, run=run, rules=rule_set.rules, digest=rule_set.digest, asked_by=by
    )
    enter("preview.asked", preview, by, run=run.id, rules=preview.digest)
    jobs.add(Job.Kind.PREVIEW, preview.id)
    return preview


def make(lease: jobs.Lease) -> None:
    """Judge the sample, then every claim. A job: called outside any scope."""
    with scope(lease.tenant_id):
        preview = Preview.objects.select_related("run").get(id=lease.object_id)
        jobs.hold(lease)
        preview.state, preview.started_at = Preview.State.RUNNING, preview.started_at or timezone.now()
        preview.save(update_fields=["state", "started_at"])
    with files.scratch(lease.tenant_id, f"preview-{preview.id}", lease.fence) as folder:
        try:
            _ensure_sample(preview, lease, folder)
            _judge_all(preview, lease, folder)
        except (BadEvidence, CheckFailed) as error:
            _stop(preview, lease, error)
            return
    _end(preview, lease)


def _ensure_sample(preview: Preview, lease: jobs.Lease, folder: Path) -> None:
    """Judge a sample under both rules, the same records for both, unless the run is small or it was done before."""
    if preview.sample:
        return
    tell(preview, lease, "sample", 0, 1)
    sample = sampled(preview.run, folder)
    if not sample:
        return
    tried = ((rule_of(preview.run), folder / "before"), (parse(preview.rules), folder / "after"))
    with ThreadPoolExecutor(len(tried)) as pool:  # the engine works outside the interpreter's lock
        before, after = pool.map(lambda one: _judge_sample(preview.run, sample, *one), tried)
    join_lines(folder / "before" / "verdicts.parquet", sample["claims"], folder / "before-lines")
    difference = compare(folder / "before-lines", folder / "after" / "verdicts.parquet", folder / "sampled-changes")
    preview.sample = outcome(difference, before, after)
    with scope(lease.tenant_id):
        jobs.hold(lease)
        preview.save(update_fields=["sample"])


def _judge_sample(run: Run, sample: dict[str, Path], rule: Rule, out: Path) -> Summary:
    out.mkdir()
    return judge(inputs_under(run, rule, out, sample), rule, out, threads=1, memory=settings.BENCH_MEMORY)


def _judge_all(preview: Preview, lease: jobs.Lease, folder: Path) -> None:
    run, rule, judged, changes = preview.run, parse(preview.rules), folder / "judged", folder / "changes"
    tell(preview, lease, "inputs", 0, 1)
    inputs = inputs_under(run, rule, folder)
    tell(preview, lease, "judgement", 0, 1)
    summary = judge(inputs, rule, judged, memory=settings.BENCH_MEMORY, progress=reporter(preview, lease))
    tell(preview, lease, "comparison", 0, 1)
    difference = compare(files.local(run.files["lines"]), judged / "verdicts.parquet", changes)
    preview.outcome = outcome(difference, run.summary, summary)
    preview.file_key = files.store(lease.tenant_id, changes, ".parquet").key


def _end(preview: Preview, lease: jobs.Lease) -> None:
    with scope(lease.tenant_id):
        jobs.hold(lease)
        preview.state, preview.ended_at, preview.error = Preview.State.DONE, timezone.now(), ""
        preview.stage, preview.stage_done, preview.stage_total = "", 0, 0
        preview.save()
        row_root, law = (preview.outcome[name]["after"] for name in ("row_root", "law_sha256"))
        enter("preview.done", preview, "system", row_root=row_root, law=law)
        jobs.finish(lease)


def outcome(difference: Difference, before: Summary, after: Summary) -> dict[str, Any]:
    """What two judgements of the same claims come to, as plain values: the matrix, scores and money of each.

    before, after: the kernel's summaries. Money in micros, scores in basis points.
    """
    changed = [move for move in difference.moves if move.is_change]
    found = {
        "claims": after["claims"],
        "changed": {"claims": sum(move.claims for move in changed), "units": sum(move.units for move in changed)},
        "matrix": [
            {
                **{name: getattr(move, name) for name in ("old_state", "old_reason", "new_state", "new_reason")},
                "claims": move.claims,
                "units": move.units,
                "money": move.money,
            }
            for move in difference.moves
        ],
        "score": {"before": before["score"], "after": after["score"]},
        "money": {"before": before["money"], "after": after["money"]},
        "provisional": {"before": difference.provisional_before, "after": difference.provisional_after},
        "inputs": after["inputs"],
        "row_root": {"before": before["row_root"], "after": after["row_root"]},
        "law_sha256": {"before": before["law_sha256"], "after": after["law_sha256"]},
    }
    return json.loads(json.dumps(found, default=str))  # type: ignore[no-any-return]


def _stop(preview: Preview, lease: jobs.Lease, error: BadEvidence | CheckFailed) -> None:
    """End a preview that another attempt would not mend."""
    with scope(lease.tenant_id):
        jobs.hold(lease)
        give_up(preview.id, f"Under these rules the run cannot be judged: {error}.")
        jobs.finish(lease, str(error))


def give_up(preview_id: UUID, error: str) -> None:
    """End a preview that cannot be made, with the reason."""
    ended = {"state": Preview.State.FAILED, "error": error, "ended_at": timezone.now()}
    Preview.objects.filter(id=preview_id).update(**ended)


def reopen(preview_id: UUID) -> None:
    """Make again what was given up."""
    given_up = Preview.objects.filter(id=preview_id, state=Preview.State.FAILED)
    given_up.update(state=Preview.State.WAITING, error="", ended_at=None)
