"""What an operation says when it will not do what was asked."""

from __future__ import annotations

from uuid import UUID


class Refused(Exception):
    """The request cannot be carried out. `faults`: one sentence each: what, where, what now."""

    def __init__(self, *faults: str, field: str | None = None) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults
        self.field = field


class Unreadable(Refused):
    """The request is of a kind that is not read here."""


class Busy(Refused):
    """The portal takes no more for the moment; in `seconds` it may."""

    def __init__(self, why: str, seconds: int) -> None:
        super().__init__(why)
        self.seconds = seconds


class OverQuota(Busy):
    """The sender sends more than was agreed."""


class NotNow(Exception):
    """The work must wait for something else; it is due again in `seconds` and costs no attempt.

    first: the object whose job must be done before, where there is one.
    """

    def __init__(self, why: str, seconds: float = 1.0, first: UUID | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds
        self.first = first


class LostLease(Exception):
    """Another worker holds the job now; whatever this one did must not count."""
