-- running_totals: lines of series that only grow; a running total stands for its last value alone.
-- one row per line of such a series; at stake is every line but the last; reads line, series, growing.
with placed as (
    select
        line.place,
        series.part,
        line.units,
        line.charge_micros,
        growing.units_grow,
        growing.charges_grow,
        row_number() over (partition by series.part order by line.occurred_at desc, line.place desc) = 1 as is_last
    from line
    join series using (vendor, agent_id, action, session_id)
    join growing on growing.part = series.part
)
select
    place,
    part,
    case when units_grow and not is_last then units else 0 end as units,
    case when charges_grow and not is_last then charge_micros else 0 end as micros
from placed
