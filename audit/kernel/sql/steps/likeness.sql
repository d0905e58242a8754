-- likeness: how two different known effects that meet stand to each other; `apart`: no field is shared.
-- one row per pair of effects; reads by_record, by_reference, rule. However often a pair meets, it is compared once.
with unlike as (
    select claim_effect, event_effect from by_record where claim_effect <> event_effect
    union
    select claim_effect, event_effect from by_reference where claim_effect <> event_effect
),
named as (
    select
        claim_effect,
        event_effect,
        regexp_extract_all(claim_effect, '("(?:[^"\\]|\\.)*"):"(?:[^"\\]|\\.)*"', 1) as claim_fields,
        regexp_extract_all(event_effect, '("(?:[^"\\]|\\.)*"):"(?:[^"\\]|\\.)*"', 1) as event_fields,
        len(list_intersect(
            regexp_extract_all(claim_effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'),
            regexp_extract_all(event_effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"')
        )) as equal_fields
    from unlike
)
select
    named.claim_effect,
    named.event_effect,
    case
        when not list_has_any(named.claim_fields, named.event_fields) then 'apart'
        when len(list_intersect(named.claim_fields, named.event_fields)) = named.equal_fields then 'agree'
        when rule.compare_effects then 'conflict'
        else 'excused'
    end as relation
from named
cross join rule
