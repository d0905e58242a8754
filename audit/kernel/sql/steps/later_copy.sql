-- later_copy: events that came again under the same system and id; copies are dropped (the law, 1).
-- one row per copy, with whether it says the same as the first; reads evidence,
-- event_print (the hashes that come more than once, hearing.py).
with numbered as (
    select
        evidence.event,
        evidence.system,
        evidence.event_id,
        row_number() over same_event as number,
        [
            grade, vendor, target, action, occurred_at::varchar, actor, outcome, units::varchar, effect, claim_ref
        ] as content,
        first_value(content) over same_event as first_content
    from evidence
    semi join event_print on event_print.print = hash(evidence.system, evidence.event_id)
    window same_event as (partition by evidence.system, evidence.event_id order by evidence.event)
)
select
    event,
    system,
    event_id,
    content is not distinct from first_content as is_same
from numbered
where number > 1
