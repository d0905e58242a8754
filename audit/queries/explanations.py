"""Why a claim has its verdict: the kernel's explanation, from the files that the run keeps."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from audit.kernel.explain import explain as explain_claim
from audit.kernel.reconcile import Inputs
from audit.models import Run
from audit.queries.shelf import shelf
from audit.vault import files

INPUTS = ("claims", "evidence", "coverage", "actors")


def explain(run: Run, vendor: str, claim_id: str) -> dict[str, Any]:
    """What the verdicts on one claim id rest on. Raises audit.kernel.explain.UnknownClaim."""
    key = ("explanation", str(run.pk), vendor, claim_id)
    answer: dict[str, Any] = shelf.fetch(key, lambda: _explained(run, vendor, claim_id))
    return answer


def _explained(run: Run, vendor: str, claim_id: str) -> dict[str, Any]:
    inputs = Inputs(**{name: [files.local(run.files[name])] for name in INPUTS})
    with tempfile.TemporaryDirectory(prefix="explain-") as name:
        folder = Path(name)
        for stem, key in run.files.items():
            (folder / f"{stem}.parquet").symlink_to(files.local(key).resolve())
        (folder / "summary.json").write_text(json.dumps(run.summary), encoding="utf-8")
        return explain_claim(folder, vendor, claim_id, inputs=inputs)
