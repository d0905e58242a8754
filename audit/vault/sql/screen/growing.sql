-- growing: series whose units, or charges, never fall from one line to the next in time and rise five times or more.
-- one row per series; reads line, series.
with followed as (
    select
        series.part,
        series.units_vary,
        series.charges_vary,
        line.place,
        line.occurred_at,
        line.units - lag(line.units) over in_time as units_step,
        line.charge_micros - lag(line.charge_micros) over in_time as charge_step
    from line
    join series using (vendor, agent_id, action, session_id)
    where series.units_vary or series.charges_vary
    window in_time as (partition by series.part order by line.occurred_at, line.place)
)
select
    part,
    bool_or(units_vary) and min(units_step) >= 0 and count(*) filter (where units_step > 0) >= 5 as units_grow,
    bool_or(charges_vary) and min(charge_step) >= 0 and count(*) filter (where charge_step > 0) >= 5 as charges_grow
from followed
group by part
having units_grow or charges_grow
