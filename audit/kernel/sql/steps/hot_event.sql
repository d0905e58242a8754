-- hot_event: the events of hot records that can be paired by record, and the agents that stand behind each; null: any.
-- one row per event; reads event, hot_record, binding.
with bound as (
    select witness, actor, list([vendor, agent_id] order by vendor, agent_id) as agents
    from binding
    group by witness, actor
)
select
    event.target,
    event.witness,
    event.event,
    event.vendor,
    event.action,
    event.outcome = 'failed' as is_failed,
    event.at_us,
    event.effect,
    case when not event.is_anyone then coalesce(bound.agents, []) end as agents
from event
semi join hot_record using (target)
left join bound using (witness, actor)
where event.outcome <> 'undone' and not event.is_named
order by
    event.target,
    event.witness,
    event.at_us,
    event.event_id
