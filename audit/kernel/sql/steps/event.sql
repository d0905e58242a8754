-- event: the evidence of this slice.
-- one row per event; reads sighting, slice.
select
    sighting.event,
    sighting.witness,
    sighting.event_id,
    sighting.grade,
    sighting.is_independent,
    sighting.vendor,
    sighting.target,
    sighting.action,
    sighting.at_us,
    sighting.actor,
    sighting.outcome,
    sighting.units,
    sighting.effect,
    sighting.is_named,
    sighting.names_heard,
    sighting.is_anyone
from sighting
join slice using (slice)
