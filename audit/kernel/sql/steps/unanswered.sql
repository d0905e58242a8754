-- unanswered: independent done events that no claim took and that name no heard claim (the law, 4).
-- one row per event; reads event, word, claimed_action, witness, binding.
with free as materialized (
    select event.event
    from event
    anti join word using (event)
    where event.outcome = 'done'
        and event.is_independent
        and not event.names_heard
        and event.target is not null
)
select
    event.event,
    event.record,
    event.witness,
    event.event_id,
    event.grade,
    event.vendor,
    event.target,
    regexp_extract(event.target, '^[\s\S]*/') as folder,
    event.action,
    event.at_us,
    event.actor,
    event.units
from event
join free using (event)
semi join claimed_action using (action)
join witness using (witness)
left join (select distinct witness, actor from binding) as bound using (witness, actor)
where not witness.has_bindings
    or bound.actor is not null
