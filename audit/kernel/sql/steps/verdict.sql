-- verdict: state and reason of every claim row, and what they rest on (the law, 3.7), in the order of the row root.
-- one row per claim row; reads said, tainted, witness, meaning.
select
    said.vendor,
    said.claim_id,
    said.revision,
    said.row,
    meaning.state,
    meaning.reason,
    meaning.class,
    said.rank,
    witness.system as event_system,
    said.event_id,
    case when meaning.reason = 'repeat' then said.repeat_of end as repeat_of,
    case when meaning.reason = 'undone' then said.undone_by end as undone_by,
    tainted.ancestor_id as tainted_by,
    meaning.state = 'verified' and said.is_provisional as provisional,
    said.units,
    said.charge_micros
from said
left join tainted using (claim)
left join witness using (witness)
join meaning on meaning.reason = case when tainted.claim is null then said.reason else 'tainted' end
order by
    said.vendor,
    said.claim_id,
    said.revision,
    said.row
