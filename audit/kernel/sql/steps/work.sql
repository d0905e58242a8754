-- work: supported work on the records that something was undone on; an event without target stands on its claim's.
-- one row per supporting event, with its place among those of one instant; reads support, claim, event, undoing.
with spoilt as (
    select distinct target from undoing
),
stood as (
    select support.event, coalesce(event.target, claim.target) as target
    from support
    join claim using (claim)
    join event on event.event = support.event
)
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
    stood.target,
    row_number() over (order by claim.claim_id, claim.vendor, support.witness, support.event_id) as place
from stood
semi join spoilt using (target)
join support on support.event = stood.event
join claim on claim.claim = support.claim
