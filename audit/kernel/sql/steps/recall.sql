-- recall: undone events that name a claim, and the unit that each of them undoes (the law, 3.6).
-- one row per event and unit; reads naming, event, claim, repeat, oscillation, unit_time, support.
with called as (
    select
        event.event,
        event.witness,
        event.event_id,
        event.at_us,
        event.at_us - coalesce(unit_time.latest_us, claim.at_us) as age_us,
        coalesce(repeat.repeat_of, claim.claim) as unit,
        claim.undo_us
    from naming
    join event using (event)
    join claim using (claim)
    anti join oscillation using (claim)
    left join repeat on repeat.claim = claim.claim and not repeat.is_of_misfire
    left join unit_time on unit_time.unit = coalesce(repeat.repeat_of, claim.claim)
    where event.outcome = 'undone' and naming.is_possible
)
select distinct
    called.event,
    called.witness,
    called.event_id,
    called.at_us,
    called.unit
from called
left join support
    on support.unit = called.unit
    and support.at_us = called.at_us
    and support.witness = called.witness
    and support.event_id < called.event_id
where called.age_us <= called.undo_us
    and (called.age_us > 0 or (called.age_us = 0 and support.event is not null))
