-- by_record: claims and events of one record inside the window (the law, 3.3), effects not compared yet.
-- one row per claim and event; reads claim, event, binding, hot_record (whose pairs are walked, not laid out).
with cool_claim as (
    select claim, vendor, agent_id, action, target, earliest_us, latest_us, effect
    from claim
    anti join hot_record using (target)
    where target is not null
)
select
    claim.claim,
    event.event,
    event.witness,
    false as by_reference,
    event.outcome,
    event.action is null as is_actionless,
    true as is_bound,
    claim.effect as claim_effect,
    event.effect as event_effect
from cool_claim as claim
join event on event.target = claim.target
    and event.at_us between claim.earliest_us and claim.latest_us
left join binding
    on binding.witness = event.witness
    and binding.actor = event.actor
    and binding.vendor = claim.vendor
    and binding.agent_id = claim.agent_id
where event.outcome <> 'undone'
    and not event.is_named
    and (event.vendor is null or event.vendor = claim.vendor)
    and (event.action is null or event.action = claim.action)
    and (event.is_anyone or binding.actor is not null)
