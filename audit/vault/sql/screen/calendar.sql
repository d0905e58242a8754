-- calendar: on how many days of the month and in how many months the lines lie, by the clock of the file.
-- one row; day and month may have been exchanged where no day is beyond the twelfth and the exchanged dates would
-- lie in fewer months than these do; reads line, rule.
with dated as (
    select distinct timezone(rule.time_zone, line.occurred_at)::date as day
    from line
    cross join rule
)
select
    count(distinct date_trunc('month', day)) as months,
    count(distinct (year(day), day(day))) as exchanged_months,
    max(day(day)) as highest_day,
    min(day) as first_on,
    max(day) as last_on,
    coalesce(
        max(day(day)) <= 12
            and count(distinct date_trunc('month', day)) > count(distinct (year(day), day(day))),
        false
    ) as is_suspect
from dated
