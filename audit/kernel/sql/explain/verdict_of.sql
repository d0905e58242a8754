-- verdict_of: the verdicts on one claim id.
-- one row per claim row; reads verdicts (the file of the run); takes vendor and claim_id.
select
    cast(revision as bigint) as revision,
    cast(row as bigint) as row,
    state,
    reason,
    class,
    cast(rank as bigint) as rank,
    event_system,
    event_id,
    repeat_of,
    undone_by,
    tainted_by,
    cast(provisional as boolean) as provisional,
    cast(units as bigint) as units,
    cast(charge_micros as bigint) as charge_micros
from verdicts
where vendor = ? and claim_id = ?
order by
    cast(revision as bigint),
    cast(row as bigint)
