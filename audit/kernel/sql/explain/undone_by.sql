-- undone_by: the event that undid the unit of work which the claim belongs to, if one did.
-- one row or none; reads asked, burst, fall, event, witness.
select
    witness.system,
    event.event_id,
    event.grade,
    make_timestamptz(event.at_us) as occurred_at,
    event.actor
from asked
left join burst on burst.claim = asked.claim
join fall on fall.unit = coalesce(burst.repeat_of, asked.claim)
join event on event.event = fall.event
join witness using (witness)
