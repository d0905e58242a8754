-- sighting: the evidence that can speak of a record or of a claim of the run, with its record.
-- one row per event; reads evidence, later_copy, witness, naming, tie, tied_record, binding, rule, slice.
with named as (
    select event, bool_or(is_heard) as is_heard from naming group by event
)
select
    evidence.event,
    witness.witness,
    evidence.event_id,
    witness.grade,
    witness.is_independent,
    evidence.vendor,
    evidence.target,
    evidence.action,
    epoch_us(evidence.occurred_at) as at_us,
    evidence.actor,
    evidence.outcome,
    evidence.units,
    case
        when len(rule.ignore_keys) = 0 then evidence.effect
        else nullif('{' || array_to_string(list_filter(
            regexp_extract_all(evidence.effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'),
            lambda entry: not list_contains(rule.ignore_keys, regexp_extract(entry, '^"(?:[^"\\]|\\.)*"'))
        ), ',') || '}', '{}')
    end as effect,
    case when named.event is not null then evidence.claim_ref end as claim_ref,
    named.event is not null as is_named,
    coalesce(named.is_heard, false) as names_heard,
    evidence.actor is null or not witness.has_bindings as is_anyone,
    case
        when tie.is_tied or tied_record.target is not null then 0
        else hash(coalesce(evidence.target, tie.target, evidence.claim_ref))
    end as record,
    record % slice.slices as slice
from evidence
anti join later_copy on later_copy.event = evidence.event
join witness using (system)
left join named using (event)
left join tie on tie.name = evidence.claim_ref and evidence.target is null
left join tied_record on tied_record.target = coalesce(evidence.target, tie.target)
cross join rule
cross join slice
where evidence.target is not null or named.event is not null
