-- settled: what the hearing, the bursts and the undone events say of each claim, before taint.
-- one row per claim; reads claim, decision, ground, oscillation, repeat, fall, unit_time, watch.
with watched as (
    select unit_time.unit
    from unit_time
    join claim on claim.claim = unit_time.unit
    join watch on watch.folder = claim.folder
    where watch.is_independent
        and (watch.action is null or watch.action = claim.action)
        and unit_time.latest_us + claim.undo_us between watch.starts_us and watch.ends_us
    union all
    select unit_time.unit
    from unit_time
    join claim on claim.claim = unit_time.unit
    join watch on watch.target = claim.target
    where watch.is_independent
        and (watch.action is null or watch.action = claim.action)
        and unit_time.latest_us + claim.undo_us between watch.starts_us and watch.ends_us
)
select
    claim.claim,
    decision.decision,
    oscillation.claim is not null as is_oscillation,
    repeat.repeat_of,
    fall.event as undone_event,
    ground.event,
    ground.witness,
    ground.event_id,
    ground.rank,
    coalesce(claim.units > ground.units, false) as is_aggregate,
    claim.target is null as is_targetless,
    watched.unit is null as is_provisional
from claim
join decision using (claim)
left join ground using (claim)
left join oscillation using (claim)
left join repeat using (claim)
left join fall on fall.unit = claim.claim
left join (select distinct unit from watched) as watched on watched.unit = claim.claim
