-- settled: what the hearing, the bursts and the undone events say of each claim, before taint.
-- one row per claim; reads claim, decision, ground, witness, oscillation, repeat, fall, watched_unit.
select
    claim.claim,
    decision.decision,
    oscillation.claim is not null as is_oscillation,
    repeat.repeat_of_id as repeat_of,
    fall.undone_by,
    witness.system as event_system,
    ground.event_id,
    ground.rank,
    coalesce(claim.units > ground.units, false) as is_aggregate,
    claim.target is null as is_targetless,
    watched_unit.unit is null as is_provisional
from claim
join decision using (claim)
left join ground using (claim)
left join witness using (witness)
left join oscillation using (claim)
left join repeat using (claim)
left join fall on fall.unit = claim.claim
left join watched_unit on watched_unit.unit = claim.claim
