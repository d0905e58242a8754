"""Whole lists of the nouns, for callers that filter, order and page themselves; and references by word."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from audit.models import Actor, Agent, Batch, Coverage, Discrepancy, Export, Finding, RuleSet, Run, Source, Vendor
from audit.queries import runs
from audit.vault import files, lost


def vendors() -> QuerySet[Vendor]:
    """Every vendor."""
    return Vendor.objects.all()


def agents() -> QuerySet[Agent]:
    """Every agent with its vendor."""
    return Agent.objects.select_related("vendor")


def actors() -> QuerySet[Actor]:
    """Every binding of an account with its vendor."""
    return Actor.objects.select_related("vendor")


def sources() -> QuerySet[Source]:
    """Every source with its vendor."""
    return Source.objects.select_related("vendor")


def coverage() -> QuerySet[Coverage]:
    """Every row of coverage: proposed, confirmed and withdrawn."""
    return Coverage.objects.all()


def batches() -> QuerySet[Batch]:
    """Every batch with its source."""
    return Batch.objects.select_related("source")


def rule_sets() -> QuerySet[RuleSet]:
    """Every version of every rule set."""
    return RuleSet.objects.all()


def exports() -> QuerySet[Export]:
    """Every export with its run."""
    return Export.objects.select_related("run")


def vendor(word: str) -> Vendor | None:
    """The vendor with this id, else with this key."""
    if not _storable(word):
        return None
    try:
        found = Vendor.objects.filter(id=UUID(word)).first()
    except ValueError:
        found = None
    return found or Vendor.objects.filter(key=word).first()


def _storable(word: str) -> bool:
    """Whether PostgreSQL could hold the word at all."""
    try:
        return b"\x00" not in word.encode()
    except UnicodeEncodeError:
        return False


def vendor_key(word: str) -> str:
    """The key of the vendor that a word names by id or key; a word that names none stays as it is."""
    found = vendor(word)
    return found.key if found else word


def agent_word(of: Vendor, word: str) -> str:
    """The agent's own id, for the id of its row or the word itself."""
    try:
        found = Agent.objects.filter(vendor=of, id=UUID(word)).first()
    except ValueError:
        found = None
    return found.agent_id if found else word


def finding(discrepancy_id: UUID, run_id: UUID | None = None) -> Finding:
    """What a run found of a discrepancy; without a run the newest that found it. Raises Http404."""
    found = Finding.objects.filter(discrepancy_id=discrepancy_id).select_related("discrepancy", "run")
    if run_id:
        found = found.filter(run_id=run_id)
    first = found.order_by("-run__number").first()
    if first is None:
        raise Http404("No such discrepancy.")
    return first


def discrepancies() -> QuerySet[Discrepancy]:
    """Every discrepancy that any run found."""
    return Discrepancy.objects.all()


def chosen_run(run_id: UUID | None) -> Run | None:
    """The run that is asked for, else the newest that counts. Raises Http404 for a run that is not there."""
    return runs.get(run_id) if run_id else runs.newest()


def ready_export(run: Run, form: str, filters: dict[str, str]) -> Export | None:
    """An export of the same lines that is done or under way: a run never changes, so it never grows old."""
    same = Export.objects.filter(run=run, format=form, filters=filters).exclude(state=Export.State.FAILED)
    return same.order_by("-state", "created_at").first()


def stored(key: str) -> Path:
    """A file of the vault to be handed out, by the key that a row of the tenant keeps, whole or not at all.

    Raises vault.files.Missing, and Damaged where its bytes are not those that were kept.
    """
    path = files.local(key)
    if not lost.is_whole(path):
        raise lost.Damaged(key)
    return path
