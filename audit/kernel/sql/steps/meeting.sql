-- meeting: claims and events that meet, with the relation of their effects; `apart`: no field is shared.
-- one row per claim and event; reads by_record, by_reference, rule.
with met as (
    select claim, event, witness, by_reference, outcome, is_actionless, is_bound, claim_effect, event_effect
    from by_record
    union all
    select claim, event, witness, by_reference, outcome, is_actionless, is_bound, claim_effect, event_effect
    from by_reference
)
select
    met.claim,
    met.event,
    met.witness,
    met.by_reference,
    met.outcome,
    met.is_actionless,
    met.is_bound,
    case
        when met.claim_effect is null or met.event_effect is null then 'unknown'
        when met.claim_effect = met.event_effect then 'agree'
        when not list_has_any(
            regexp_extract_all(met.claim_effect, '("(?:[^"\\]|\\.)*"):"(?:[^"\\]|\\.)*"', 1),
            regexp_extract_all(met.event_effect, '("(?:[^"\\]|\\.)*"):"(?:[^"\\]|\\.)*"', 1)
        ) then 'apart'
        when len(list_intersect(
            regexp_extract_all(met.claim_effect, '("(?:[^"\\]|\\.)*"):"(?:[^"\\]|\\.)*"', 1),
            regexp_extract_all(met.event_effect, '("(?:[^"\\]|\\.)*"):"(?:[^"\\]|\\.)*"', 1)
        )) = len(list_intersect(
            regexp_extract_all(met.claim_effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'),
            regexp_extract_all(met.event_effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"')
        )) then 'agree'
        when rule.compare_effects then 'conflict'
        else 'excused'
    end as relation
from met
cross join rule
