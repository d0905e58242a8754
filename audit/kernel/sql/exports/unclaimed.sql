-- unclaimed: work that nobody claimed, as it leaves.
-- one row per event; reads unclaimed.
select
    system,
    event_id,
    grade,
    vendor,
    target,
    action,
    make_timestamptz(at_us) as occurred_at,
    actor,
    units
from unclaimed
order by
    system,
    event_id
