"""Where a tenant stands on the way to its first score, and what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass

from audit.models import Batch, Coverage, Job, RuleSet, Run, Score, Source, Vendor
from audit.queries import batches, runs

STEPS: tuple[tuple[str, ...], ...] = (  # noun, title, text, place, act, permission, query
    ("vendor", "Enter the vendor", "Who bills for the work of agents.", "vendors", "Enter a vendor", "manage"),
    (
        "source",
        "Make a source of its claims",
        "The feed: which environment, which time zone, which column is which.",
        *("source-add", "Make a source", "manage", "?kind=claims"),
    ),
    (
        "claims",
        "Upload its first file",
        "Every row is accounted for: accepted, duplicate, conflicting or refused.",
        *("sources", "Choose a source", "upload"),
    ),
    (
        "evidence",
        "Connect evidence",
        "What your own systems saw: a field history, an audit log, a gateway's traces.",
        *("source-add", "Connect a system", "manage", "?kind=evidence"),
    ),
    (
        "coverage",
        "Say when systems were watching",
        "Only then does silence mean that nothing happened.",
        *("coverage", "Declare coverage", "manage"),
    ),
    (
        "rules",
        "Agree on rules",
        "What counts as a unit, and how long it must last. Without your own, the law's defaults apply.",
        *("rules", "Read the rules", "draft_rules"),
    ),
    (
        "run",
        "Open the first run",
        "Each claim gets its verdict, and each verdict its reason.",
        *("runs", "Open a run", "open_run"),
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: done or not, and the page where it is done."""

    title: str
    text: str
    done: bool
    place: str
    act: str
    permission: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that a person should look at: how many, in words, and where."""

    count: int
    one: str
    many: str
    place: str
    batch: Batch | None = None


def steps() -> list[Step]:
    """From nothing to the first run, in order."""
    done = _done()
    return [Step(title, text, done[noun], *where) for noun, title, text, *where in STEPS]


def _done() -> dict[str, bool]:
    sealed = Batch.objects.filter(state=Batch.State.SEALED)
    return {
        "vendor": Vendor.objects.exists(),
        "source": Source.objects.filter(kind=Source.Kind.CLAIMS).exists(),
        "claims": sealed.filter(source__kind=Source.Kind.CLAIMS).exists(),
        "evidence": sealed.filter(source__kind=Source.Kind.EVIDENCE).exists(),
        "coverage": Coverage.objects.filter(state=Coverage.State.CONFIRMED).exists(),
        "rules": RuleSet.objects.filter(state=RuleSet.State.APPROVED).exists(),
        "run": Run.objects.filter(state=Run.State.DONE).exists(),
    }


def waiting() -> list[Waiting]:
    """What should be looked at now; what nobody needs to look at is left out."""
    proposals = Coverage.objects.filter(state=Coverage.State.PROPOSED).count()
    submitted = RuleSet.objects.filter(state=RuleSet.State.SUBMITTED).count()
    stuck = Job.objects.filter(state=Job.State.QUARANTINED).count()
    unread = Batch.objects.filter(state=Batch.State.RECEIVED).count()
    unmapped = batches.waiting()
    found = [
        Waiting(
            unmapped.count(),
            "file waits for its mapping",
            "files wait for their mapping",
            "source-map",
            unmapped.first(),
        ),
        Waiting(unread, "file is being read", "files are being read", "sources"),
        Waiting(proposals, "coverage proposal to decide", "coverage proposals to decide", "coverage"),
        Waiting(submitted, "rule set waits for approval", "rule sets wait for approval", "rules"),
        Waiting(stuck, "job is quarantined", "jobs are quarantined", "jobs"),
    ]
    return [item for item in found if item.count]


def latest() -> tuple[Run, Score | None] | None:
    """The newest finished run that counts, with its score; None where there is none."""
    run = runs.newest()
    return (run, runs.scores(run).first()) if run else None


def unjudged(run: Run) -> int:
    """Sealed batches that arrived after the run fixed its inputs."""
    until = run.inputs.get("until_position", 0)
    sealed = Batch.objects.filter(state=Batch.State.SEALED, position__gt=until)
    return sealed.exclude(source__kind=Source.Kind.COUNTS).count()


def only_source(kind: str) -> tuple[bool, Source | None]:
    """Whether there is a source of this kind, and the source where there is exactly one."""
    found = list(Source.objects.filter(kind=kind)[:2])
    return bool(found), found[0] if len(found) == 1 else None
