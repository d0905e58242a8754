-- charges: lines that charge less than nothing (part 2), or nothing though they say that they completed (part 1).
-- one row per such line; reads line, rule.
select
    line.place,
    case when line.charge_micros < 0 then 2 else 1 end as part,
    line.units,
    line.charge_micros as micros
from line
cross join rule
where line.charge_micros < 0
    or (line.charge_micros = 0 and list_contains(rule.completed_statuses, line.status))
