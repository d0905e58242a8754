-- repeatable: lines of production work on a named target, without those that came with a claim id of before.
-- one row per such line, with its series: the same agent, action, target and effect; without an effect, and session.
-- reads line, duplicate_ids, rule; lines of one series lie on one shelf.
select
    line.place,
    line.claim_id,
    epoch_us(line.occurred_at) as at_us,
    line.units,
    line.charge_micros,
    (line.vendor, line.agent_id, line.action, line.target, line.effect,
        case when line.effect is null then line.session_id end) as series,
    hash(line.vendor, line.agent_id, line.action, line.target, line.effect) as shelf
from line
cross join rule
anti join duplicate_ids using (place)
where line.target is not null and list_contains(rule.production_environments, line.environment)
