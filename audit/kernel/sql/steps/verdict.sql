-- verdict: state and reason of every claim row, and what they rest on (the law, 3.7), in the order of the row root.
-- one row per claim row; reads claims, untainted, tainted, meaning.
select
    claims.claim,
    claims.vendor,
    claims.claim_id,
    claims.revision,
    untainted.row,
    meaning.state,
    meaning.reason,
    meaning.class,
    untainted.rank,
    untainted.event_system,
    untainted.event_id,
    case when meaning.reason = 'repeat' then untainted.repeat_of end as repeat_of,
    case when meaning.reason = 'undone' then untainted.undone_by end as undone_by,
    tainted.ancestor_id as tainted_by,
    meaning.state = 'verified' and untainted.is_provisional as provisional,
    claims.units,
    claims.charge_micros
from claims
join untainted using (claim)
left join tainted using (claim)
join meaning on meaning.reason = case when tainted.claim is null then untainted.reason else 'tainted' end
order by
    claims.vendor,
    claims.claim_id,
    claims.revision,
    untainted.row
