-- elsewhen: when systems watched the record of one claim, of systems that never watched it for the whole window.
-- one row per span, the eight nearest; reads asked, claim, span, witness.
select
    witness.system,
    witness.grade,
    make_timestamptz(watch.starts_us) as starts_at,
    make_timestamptz(watch.ends_us) as ends_at
from asked
join claim using (claim)
join span as watch
    on (watch.is_prefix and starts_with(claim.folder, watch.target_prefix))
    or (not watch.is_prefix and watch.target_prefix = claim.target)
join witness using (witness)
where watch.action is null or watch.action = claim.action
qualify not bool_or(watch.starts_us <= claim.earliest_us and claim.latest_us <= watch.ends_us) over (
    partition by watch.witness
)
order by
    least(abs(watch.starts_us - claim.at_us), abs(watch.ends_us - claim.at_us)),
    witness.system
limit 8
