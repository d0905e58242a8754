-- reversal: the independent undone events that may speak of a series of claims (the law, 3.5).
-- one row per series and instant; reads busy, event.
with series as (
    select distinct series, vendor, action, target from busy
)
select distinct
    series.series,
    event.at_us
from event
join series on series.target = event.target
where event.outcome = 'undone'
    and event.is_independent
    and (event.action is null or event.action = series.action)
    and (event.vendor is null or event.vendor = series.vendor)
