-- work: supported work on the records that something was undone on; an event without target stands on its claim's.
-- one row per supporting event, with its place among those of one instant; reads support, claim, event, undoing.
select
    support.event,
    support.witness,
    support.event_id,
    support.at_us,
    support.unit,
    claim.vendor,
    claim.claim_id,
    claim.action,
    claim.undo_us,
    coalesce(event.target, claim.target) as target,
    row_number() over (order by claim.claim_id, claim.vendor, support.witness, support.event_id) as place
from support
join claim using (claim)
join event on event.event = support.event
where coalesce(event.target, claim.target) in (select undoing.target from undoing)
