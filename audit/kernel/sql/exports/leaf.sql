-- leaf: the leaf of every verdict in the Merkle tree whose root is the row root (ledger.py says what is in it).
-- one row per claim row, in the order of verdict; reads verdict.
select
    unhex(sha256('\x00'::blob || encode(concat(
        strlen(vendor), ':', vendor,
        strlen(claim_id), ':', claim_id,
        case when revision = 0 and row = 1 then '1:01:1'
            else concat(strlen(revision::varchar), ':', revision, strlen(row::varchar), ':', row) end,
        strlen(state), ':', state,
        strlen(reason), ':', reason,
        coalesce('1:' || class, '-'),
        coalesce('1:' || rank, '-'),
        coalesce(strlen(event_system) || ':' || event_system, '-'),
        coalesce(strlen(event_id) || ':' || event_id, '-'),
        case when repeat_of is null and undone_by is null and tainted_by is null then '---'
            else coalesce(strlen(repeat_of) || ':' || repeat_of, '-')
                || coalesce(strlen(undone_by) || ':' || undone_by, '-')
                || coalesce(strlen(tainted_by) || ':' || tainted_by, '-') end,
        case when provisional then '4:true' else '5:false' end,
        case when units = 1 then '1:1' else strlen(units::varchar) || ':' || units end,
        coalesce(strlen(charge_micros::varchar) || ':' || charge_micros, '-')
    )))) as leaf
from verdict
