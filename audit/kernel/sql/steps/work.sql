-- work: supported work on the records that something was undone on; an event without target stands on its claim's.
-- one row per supporting event, with its place among those of one instant; reads support, claim, event, undoing.
with spoilt as (
    select distinct target from undoing
),
seen as (
    select event, target from event semi join spoilt using (target)
    union all
    select support.event, claim.target
    from support
    join event on event.event = support.event and event.target is null
    join claim on claim.claim = support.claim
    semi join spoilt on spoilt.target = claim.target
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
    seen.target,
    row_number() over (order by claim.claim_id, claim.vendor, support.witness, support.event_id) as place
from seen
join support using (event)
join claim on claim.claim = support.claim
