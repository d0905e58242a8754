"""The twin: the law of verdicts once more, as slow and plain as possible, to hold the kernel against.

It shares nothing with the kernel but the closed lists of `audit.kernel.terms`. One function per clause; each says
which clause it is. Instants are integer microseconds since the epoch, effects are dicts of canonical strings or None.

Readings, where the law is silent or can be read in two ways (clause · reading · why):

* 3.3 · the *own rank* of an event that names a claim is the rank that the pair would have by record, if only the
  window and a missing target are set aside; an event of an actor bound to others, or without action and without a
  shared field, has none and comes last · what the parenthesis does not set aside still counts.
* 3.3 · of two events of one rank (and own rank) at one instant the smaller event_id is taken · the law's own order.
* 3.3, 3.6 · a claim is never its own ancestor · "a cycle ends where it closes", and nobody spoils himself.
* 3.4 · "if the worse independent grades have words and every one is failed": every word of every independent grade
  below the silent one; the best grade that has a word then decides · the clause speaks of them together.
* 3.5 · an `undone` event splits a burst whether or not it names a claim · the clause names target, action and vendor.
* 3.5 · the value that comes back in an oscillation is the whole known effect, not one field of it · one field that
  returns while another stays changed did leave something.
* 3.5 · a decision by a grade that is not independent is no misfire, even if it is failed, wrong or disagree; such
  claims stand among "the rest" of a group · misfires are "decided by an independent grade".
* 3.5 · "none of a group's non-misfires is supported or attested" counts those that oscillate too · the clause says
  non-misfires, not the other ones.
* 3.5 · "the rest of the group keeps one": burst_minimum counts that rest alone · "as above".
* 3.5 · the earliest misfire is the first by (occurred_at, claim_id) · the burst's own order.
* 3.6 · among claims that are each other's ancestors, those that spoil only by being attested or aggregate do not taint
  one another, unless `tainted` spoils too; whatever else is built on them is tainted · each would take the other's
  cause away, and a contradiction needs a cause that still stands in the end.
* 3.6 · a unit without a time is undone strictly after the occurred_at of the claim that the event names · it is the
  only claim that the sentence speaks of.
* 3.6 · the supporting word of a disagreement is a supporting deciding event, which an undone event may take, though
  no unit falls by it · of a disagreement all words decide.
* 3.6 · "same action" compares with the action of the claim that the event supports · an event may not know its own.
* 3.6 · the later done event that no claim took stands on the same target · it is that record's work which is reversed.
* 3.6 · the earliest of several undone events is the first by (occurred_at, system, event_id) · a total order.
* 3.6 · `undone_by` and `tainted_by` are told where they are the reason, and nowhere else · a column explains a reason.
* 3.7 · rank and event are told of every claim that was heard and has a deciding event, whatever the reason.
* 3.7 · a coverage row reaches to an instant if it holds that instant; a verified claim without a target stays
  provisional · nobody watches a record that nobody names.
* 4 · unclaimed: an event without target or without action is not shown · neither its record's best witness nor that
  the vendor sells such work can be known.
* 4 · unclaimed: a grade watches a target if one of its coverage rows begins it, at whatever time and for whatever
  action, and saw it if one of its events, of any outcome, stands on it · the clause names the target alone.
"""

from __future__ import annotations

from tests.kernel.twin.law import Outcome, judge

__all__ = ["Outcome", "judge"]
