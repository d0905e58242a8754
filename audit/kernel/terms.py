"""The closed lists of the law and the columns of its inputs and outputs.

Source: the law of verdicts (`audit/kernel/README.md`). Everything that names a state, a reason, a grade
or a column takes the name from here. Instants are UTC with microseconds, money is integer micros
(millionths of the currency unit), rates are basis points (`_bps`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """What is known of a claim."""

    VERIFIED = "verified"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    UNVERIFIABLE = "unverifiable"
    NOT_CLAIMED = "not_claimed"


class Reason(StrEnum):
    """Why a claim has its state. Each reason belongs to exactly one state."""

    SUPPORTED = "supported"
    DUPLICATE_ID = "duplicate_id"
    NOT_PRODUCTION = "not_production"
    NOT_COUNTED = "not_counted"
    NOT_COMPLETED = "not_completed"
    UNREGISTERED_AGENT = "unregistered_agent"
    FAILED = "failed"
    WRONG_VALUE = "wrong_value"
    OSCILLATION = "oscillation"
    REPEAT = "repeat"
    UNDONE = "undone"
    TAINTED = "tainted"
    NO_EVIDENCE = "no_evidence"
    OUTSIDE_COVERAGE = "outside_coverage"
    NO_TARGET = "no_target"
    VENDOR_ATTESTED = "vendor_attested"
    WITNESSES_DISAGREE = "witnesses_disagree"
    AGGREGATE = "aggregate"
    SUPERSEDED = "superseded"
    OWN_FAILURE = "own_failure"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reason says: its state, its class (A: from the claims alone; B: from evidence) and its words."""

    state: State
    klass: str | None
    title: str
    words: str


MEANINGS: Final[dict[Reason, Meaning]] = {
    Reason.SUPPORTED: Meaning(
        State.VERIFIED, None, "Supported", "an independent witness saw it, and no better one denies it"
    ),
    Reason.DUPLICATE_ID: Meaning(State.CONTRADICTED, "A", "Duplicate id", "the same claim id was claimed before"),
    Reason.NOT_PRODUCTION: Meaning(State.CONTRADICTED, "A", "Not production", "sandbox or test work"),
    Reason.NOT_COUNTED: Meaning(State.CONTRADICTED, "A", "Not counted", "not a unit under the definition in force"),
    Reason.NOT_COMPLETED: Meaning(
        State.CONTRADICTED,
        "A",
        "Not completed",
        "charged, though the vendor's own record says that it did not complete",
    ),
    Reason.UNREGISTERED_AGENT: Meaning(State.CONTRADICTED, "A", "Unregistered agent", "nobody knows this agent"),
    Reason.FAILED: Meaning(State.CONTRADICTED, "B", "Failed", "tried, and did not take effect"),
    Reason.WRONG_VALUE: Meaning(State.CONTRADICTED, "B", "Wrong value", "something else was written than claimed"),
    Reason.OSCILLATION: Meaning(
        State.CONTRADICTED, "B", "Oscillation", "the burst went back and forth and left nothing"
    ),
    Reason.REPEAT: Meaning(State.CONTRADICTED, "B", "Repeat", "the same work again, in one burst"),
    Reason.UNDONE: Meaning(State.CONTRADICTED, "B", "Undone", "reopened, reverted or corrected inside the undo window"),
    Reason.TAINTED: Meaning(State.CONTRADICTED, "B", "Tainted", "built on a step that was wrong"),
    Reason.NO_EVIDENCE: Meaning(State.UNSUPPORTED, "B", "No evidence", "a watching system saw nothing"),
    Reason.OUTSIDE_COVERAGE: Meaning(State.UNVERIFIABLE, None, "Outside coverage", "nobody was watching"),
    Reason.NO_TARGET: Meaning(State.UNVERIFIABLE, None, "No target", "the claim does not say what it changed"),
    Reason.VENDOR_ATTESTED: Meaning(
        State.UNVERIFIABLE, None, "Vendor attested", "only the vendor's own records support it"
    ),
    Reason.WITNESSES_DISAGREE: Meaning(
        State.UNVERIFIABLE, None, "Witnesses disagree", "equally good witnesses contradict each other"
    ),
    Reason.AGGREGATE: Meaning(
        State.UNVERIFIABLE, None, "Aggregate", "the line claims more units than its event proves"
    ),
    Reason.SUPERSEDED: Meaning(State.NOT_CLAIMED, None, "Superseded", "an older revision, or withdrawn"),
    Reason.OWN_FAILURE: Meaning(
        State.NOT_CLAIMED,
        None,
        "Own failure",
        "the vendor says itself that it did not complete, and charges nothing",
    ),
}

GRADES: Final = {
    "A": "the buyer's system of record",
    "B": "the buyer's telemetry",
    "C": "a third party",
    "D": "the vendor",
}
OUTCOMES: Final = ("done", "failed", "undone")
STATUSES: Final = ("completed", "failed", "escalated", "in_progress", "unknown")
WORDS: Final = ("supports", "failed", "conflict")


@dataclass(frozen=True, slots=True)
class Column:
    """One input column: its name, its kind, whether a row needs it, and the default of an absent or empty one.

    Kinds: `text`, `integer`, `whole` (an integer that may be written 245.00), `boolean`, `instant` (microseconds
    UTC), `effect` (canonical JSON text), `grade`, `outcome`, `status`.
    """

    name: str
    kind: str
    required: bool = False
    default: str | int | bool | None = None
    minimum: int | None = None


CLAIMS: Final = (
    Column("vendor", "text", required=True),
    Column("claim_id", "text", required=True),
    Column("revision", "integer", default=0, minimum=0),
    Column("withdrawn", "boolean", default=False),
    Column("agent_id", "text", required=True),
    Column("action", "text", required=True),
    Column("target", "text"),
    Column("occurred_at", "instant", required=True),
    Column("session_id", "text"),
    Column("parent_id", "text"),
    Column("environment", "text", default="production"),
    Column("status", "status", default="completed"),
    Column("units", "integer", default=1, minimum=1),
    Column("charge_micros", "integer"),
    Column("currency", "text"),
    Column("tokens_input", "integer", minimum=0),
    Column("tokens_cached", "integer", minimum=0),
    Column("tokens_output", "integer", minimum=0),
    Column("effect", "effect"),
)
EVIDENCE: Final = (
    Column("system", "text", required=True),
    Column("event_id", "text", required=True),
    Column("grade", "grade", required=True),
    Column("vendor", "text"),
    Column("target", "text"),
    Column("action", "text"),
    Column("occurred_at", "instant", required=True),
    Column("actor", "text"),
    Column("outcome", "outcome", required=True),
    Column("units", "integer", default=1, minimum=1),
    Column("effect", "effect"),
    Column("claim_ref", "text"),
)
COVERAGE: Final = (
    Column("system", "text", required=True),
    Column("grade", "grade", required=True),
    Column("target_prefix", "text", required=True),
    Column("action", "text"),
    Column("starts_at", "instant", required=True),
    Column("ends_at", "instant", required=True),
)
ACTORS: Final = (
    Column("system", "text", required=True),
    Column("actor", "text", required=True),
    Column("vendor", "text", required=True),
    Column("agent_id", "text", required=True),
)
INPUTS: Final = {"claims": CLAIMS, "evidence": EVIDENCE, "coverage": COVERAGE, "actors": ACTORS}
COUNTS: Final = (
    Column("vendor", "text", required=True),
    Column("period_start", "instant", required=True),
    Column("period_end", "instant", required=True),
    Column("agent_id", "text"),
    Column("action", "text"),
    Column("environment", "text"),
    Column("units", "whole"),
    Column("tokens", "whole"),
    Column("tokens_input", "whole"),
    Column("tokens_output", "whole"),
    Column("charge_micros", "integer"),
    Column("currency", "text"),
)
TAKEN: Final = INPUTS | {"counts": COUNTS}
"""What can be taken from a file. Counts are totals that a vendor states: the law never hears them."""
CHARGED: Final = ("claims", "counts")
"""The kinds whose rows may give `charge`, a plain decimal, instead of `charge_micros`."""
REFUSED: Final = ("file", "line", "column", "value", "reason")

VERDICT_COLUMNS: Final = (
    "vendor",
    "claim_id",
    "revision",
    "row",
    "state",
    "reason",
    "class",
    "rank",
    "event_system",
    "event_id",
    "repeat_of",
    "undone_by",
    "tainted_by",
    "provisional",
    "units",
    "charge_micros",
)
TESTIMONY_COLUMNS: Final = ("vendor", "claim_id", "system", "grade", "word", "rank", "event_id")

VOCABULARY: Final = {
    "claim": "one line of work that the vendor says was done",
    "evidence": "what another system saw; one row of it is an event",
    "coverage": "where and when a system was watching",
    "count": "a total that a vendor states of a bucket (period, agent, action): compared with its lines, never judged",
    "alert": "what a rule of the tenant's noticed and told; it is open until its cause ends",
    "source": "where claims, evidence or counts come from: one vendor feed, one own system",
    "batch": "one received file or stream segment of a source, sealed and fingerprinted",
    "witness": "a system that is heard; its word on one claim: supports, failed, conflict, saw nothing",
    "match": "a claim and the event that answers it in one system",
    "verdict": "state and reason of one claim",
    "discrepancy": "a group of contradicted or unsupported claims with one reason, one agent, one action: units, money",
    "rule set": "the versioned rules; a rule is its row",
    "run": "one rule set applied to fixed batches for one period; never edited, only superseded",
    "check": "a law that a run must not break",
    "score": "verified share, low and high, in basis points",
    "rate card": "agreed prices",
    "statement": "the sealed outcome of a run",
    "ledger": "the append-only record; its row is an entry, its signed head a checkpoint, a path to it a proof",
    "tenant": "the customer; a person in it is a member, what they may do their role",
}
