-- leaf: the leaf of every verdict in the Merkle tree whose root is the row root (ledger.py says what is in it).
-- one row per claim row, in the order of vendor, claim_id, revision and row; reads verdict.
select
    unhex(sha256('\x00'::blob || encode(concat(
        strlen(vendor), ':', vendor,
        strlen(claim_id), ':', claim_id,
        coalesce(strlen(revision::varchar) || ':' || revision, '-'),
        coalesce(strlen(row::varchar) || ':' || row, '-'),
        coalesce(strlen(state) || ':' || state, '-'),
        coalesce(strlen(reason) || ':' || reason, '-'),
        coalesce(strlen(class) || ':' || class, '-'),
        coalesce(strlen(rank::varchar) || ':' || rank, '-'),
        coalesce(strlen(event_system) || ':' || event_system, '-'),
        coalesce(strlen(event_id) || ':' || event_id, '-'),
        coalesce(strlen(repeat_of) || ':' || repeat_of, '-'),
        coalesce(strlen(undone_by) || ':' || undone_by, '-'),
        coalesce(strlen(tainted_by) || ':' || tainted_by, '-'),
        case when provisional then '4:true' else '5:false' end,
        strlen(units::varchar) || ':' || units,
        coalesce(strlen(charge_micros::varchar) || ':' || charge_micros, '-')
    )))) as leaf
from verdict
order by
    vendor,
    claim_id,
    revision,
    row
