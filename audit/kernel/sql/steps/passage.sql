-- passage: on records that something was undone on, the undone events and the done events that no claim took, in order.
-- one row per event, placed within its system and record; reads undoing, event, match.
with listed as (
    select event, witness, event_id, target, null as action, at_us, true as is_undone
    from undoing
    union all
    select event.event, event.witness, event.event_id, event.target, event.action, event.at_us, false as is_undone
    from event
    anti join match using (event)
    where event.outcome = 'done' and event.target in (select undoing.target from undoing)
)
select
    event,
    witness,
    event_id,
    target,
    action,
    at_us,
    is_undone,
    row_number() over (partition by witness, target order by at_us, event_id) as place
from listed
