-- verdicts: the verdicts as they leave, in the order of the row root.
-- one row per claim row; reads verdict.
select
    vendor,
    claim_id,
    revision,
    row,
    state,
    reason,
    class,
    rank,
    event_system,
    event_id,
    repeat_of,
    undone_by,
    tainted_by,
    provisional,
    units,
    charge_micros
from verdict
