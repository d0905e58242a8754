-- dates: lines whose date would be another with day and month exchanged, where the calendar makes that likely.
-- one row per such line; reads line, calendar, rule.
select
    line.place,
    month(timezone(rule.time_zone, line.occurred_at)) as part,
    line.units,
    line.charge_micros as micros
from line
cross join rule
cross join calendar
where calendar.is_suspect
    and day(timezone(rule.time_zone, line.occurred_at)) <> month(timezone(rule.time_zone, line.occurred_at))
