-- unclaimed: work that nobody claimed, as it leaves.
-- one row per event; reads unclaimed, witness.
select
    witness.system,
    unclaimed.event_id,
    unclaimed.grade,
    unclaimed.vendor,
    unclaimed.target,
    unclaimed.action,
    make_timestamptz(unclaimed.at_us) as occurred_at,
    unclaimed.actor,
    unclaimed.units
from unclaimed
join witness using (witness)
order by
    witness.system,
    unclaimed.event_id
