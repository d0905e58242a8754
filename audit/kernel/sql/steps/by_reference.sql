-- by_reference: claims and the events that name them (the law, 3.3), whatever the time and the actor.
-- one row per claim and event; reads naming, claim, event, binding.
select
    claim.claim,
    event.event,
    event.witness,
    true as by_reference,
    event.outcome,
    event.action is null as is_actionless,
    event.is_anyone or binding.actor is not null as is_bound,
    claim.effect as claim_effect,
    event.effect as event_effect
from naming
join claim using (claim)
join event using (event)
left join binding
    on binding.witness = event.witness
    and binding.actor = event.actor
    and binding.vendor = claim.vendor
    and binding.agent_id = claim.agent_id
where naming.is_possible
    and event.outcome <> 'undone'
