-- claimed_action: the actions that some claim of the run has, with their windows in microseconds.
-- one row per action; reads claims, rule.
with claimed as (
    select distinct action from claims
)
select
    claimed.action,
    coalesce(rule.match_before_by_action[claimed.action], rule.match_before_seconds) * 1000000 as before_us,
    coalesce(rule.match_after_by_action[claimed.action], rule.match_after_seconds) * 1000000 as after_us,
    coalesce(rule.undo_window_by_action[claimed.action], rule.undo_window_seconds) * 1000000 as undo_us
from claimed
cross join rule
