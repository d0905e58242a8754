"""How much of each reason the sample holds: the shares of claim lines, and the exact counts that they make.

A share is in basis points of a vendor's lines. Of `supported` the table names what is left over; everything
else is rounded down, so that any number of lines can be planned exactly, chunk by chunk.
"""

from __future__ import annotations

from typing import Final

from audit.kernel.terms import Reason

BPS: Final = 10_000
OSCILLATION_MINIMUM: Final = 3  # a value that comes back after another one needs three lines

PLANTED: Final[dict[str, dict[Reason, int]]] = {
    "forcedesk": {
        Reason.SUPPORTED: 5_800,
        Reason.DUPLICATE_ID: 120,
        Reason.NOT_PRODUCTION: 100,
        Reason.NOT_COUNTED: 200,
        Reason.NOT_COMPLETED: 100,
        Reason.UNREGISTERED_AGENT: 80,
        Reason.FAILED: 200,
        Reason.WRONG_VALUE: 220,
        Reason.OSCILLATION: 150,
        Reason.REPEAT: 1_150,
        Reason.UNDONE: 300,
        Reason.TAINTED: 180,
        Reason.NO_EVIDENCE: 450,
        Reason.OUTSIDE_COVERAGE: 400,
        Reason.NO_TARGET: 150,
        Reason.VENDOR_ATTESTED: 0,
        Reason.WITNESSES_DISAGREE: 40,
        Reason.AGGREGATE: 100,
        Reason.SUPERSEDED: 160,
        Reason.OWN_FAILURE: 100,
    },
    "finbot": {
        Reason.SUPPORTED: 8_000,
        Reason.DUPLICATE_ID: 40,
        Reason.NOT_PRODUCTION: 40,
        Reason.NOT_COUNTED: 100,
        Reason.NOT_COMPLETED: 30,
        Reason.UNREGISTERED_AGENT: 20,
        Reason.FAILED: 80,
        Reason.WRONG_VALUE: 60,
        Reason.OSCILLATION: 30,
        Reason.REPEAT: 200,
        Reason.UNDONE: 120,
        Reason.TAINTED: 40,
        Reason.NO_EVIDENCE: 100,
        Reason.OUTSIDE_COVERAGE: 300,
        Reason.NO_TARGET: 100,
        Reason.VENDOR_ATTESTED: 400,
        Reason.WITNESSES_DISAGREE: 20,
        Reason.AGGREGATE: 60,
        Reason.SUPERSEDED: 100,
        Reason.OWN_FAILURE: 160,
    },
    "copilotx": {
        Reason.SUPPORTED: 6_400,
        Reason.DUPLICATE_ID: 80,
        Reason.NOT_PRODUCTION: 150,
        Reason.NOT_COUNTED: 200,
        Reason.NOT_COMPLETED: 120,
        Reason.UNREGISTERED_AGENT: 100,
        Reason.FAILED: 200,
        Reason.WRONG_VALUE: 150,
        Reason.OSCILLATION: 100,
        Reason.REPEAT: 600,
        Reason.UNDONE: 250,
        Reason.TAINTED: 120,
        Reason.NO_EVIDENCE: 300,
        Reason.OUTSIDE_COVERAGE: 500,
        Reason.NO_TARGET: 250,
        Reason.VENDOR_ATTESTED: 0,
        Reason.WITNESSES_DISAGREE: 60,
        Reason.AGGREGATE: 150,
        Reason.SUPERSEDED: 120,
        Reason.OWN_FAILURE: 150,
    },
}
EVENTS: Final = {"forcedesk": 7_870, "finbot": 9_400, "copilotx": 8_250}  # events per line, in bps: 0.85 in all
PROGRESS: Final = 140  # lines of honest work in quick steps on one record: crowded, and all supported
UNCLAIMED: Final = 150  # work that a watching system saw and the vendor did not report
PEOPLE: Final = 50  # work of people in the system that knows its agents: nobody's claim, and not unclaimed either


def portion(bps: int, start: int, stop: int) -> int:
    """How many of the lines start…stop carry a share of `bps`; slices of a whole add up to the whole."""
    return stop * bps // BPS - start * bps // BPS


def counts(vendor: str, start: int, stop: int) -> dict[Reason, int]:
    """Lines per reason among a vendor's lines start…stop, exactly.

    Too few lines to swing become supported ones; so does what would be built on a wrong step that is not there.
    """
    planted = {reason: portion(bps, start, stop) for reason, bps in PLANTED[vendor].items()}
    if planted[Reason.OSCILLATION] < OSCILLATION_MINIMUM:
        planted[Reason.OSCILLATION] = 0
    if not planted[Reason.WRONG_VALUE]:
        planted[Reason.TAINTED] = 0
    planted[Reason.SUPPORTED] = 0
    planted[Reason.SUPPORTED] = stop - start - sum(planted.values())
    return planted
