-- period: lines from outside the days that the vendor stated (part 1), or later than the file itself arrived (part 2).
-- one row per such line; days are those of the file's time zone; reads line, rule.
with placed as (
    select
        line.place,
        line.units,
        line.charge_micros,
        line.occurred_at > rule.received_at as is_late,
        timezone(rule.time_zone, line.occurred_at)::date < rule.first_on
            or timezone(rule.time_zone, line.occurred_at)::date > rule.last_on as is_outside
    from line
    cross join rule
)
select
    place,
    case when is_outside then 1 else 2 end as part,
    units,
    charge_micros as micros
from placed
where is_outside or is_late
