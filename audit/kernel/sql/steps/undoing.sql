-- undoing: undone events that name no claim of the run (the law, 3.6).
-- one row per event; reads event.
select
    event,
    witness,
    event_id,
    vendor,
    target,
    action,
    at_us
from event
where outcome = 'undone' and not is_named and target is not null
