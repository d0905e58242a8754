-- revert: the aimed undone events that do not rather reverse someone else's later work (the law, 3.6).
-- one row per undone event; reads aimed, passage.
with stranger as (
    select witness, target, coalesce(action, '') as action, action is null as is_actionless, place, at_us, event_id
    from passage
    where not is_undone
),
reached as (
    select aimed.event, false as is_actionless, aimed.action as stranger_action from aimed
    union all
    select aimed.event, true as is_actionless, '' as stranger_action from aimed
),
last_stranger as (
    select
        aimed.event,
        stranger.at_us > aimed.work_us or (
            stranger.at_us = aimed.work_us
            and stranger.witness = aimed.work_witness
            and stranger.event_id > aimed.work_event_id
        ) as is_later
    from aimed
    join reached using (event)
    asof join stranger
        on stranger.witness = aimed.witness
        and stranger.target = aimed.target
        and stranger.is_actionless = reached.is_actionless
        and stranger.action = reached.stranger_action
        and stranger.place < aimed.place
)
select
    aimed.event,
    aimed.witness,
    aimed.event_id,
    aimed.at_us,
    aimed.unit
from aimed
anti join (select event from last_stranger where is_later) as other_work using (event)
