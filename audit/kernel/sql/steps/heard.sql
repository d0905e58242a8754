-- heard: the claims that are heard (the law, 3.3), with their windows and their record.
-- one row per claim; reads claims, standing, claimed_action, tie, tied_record, rule, slice. What is tied is record 0.
select
    claims.claim,
    claims.vendor,
    claims.claim_id,
    claims.revision,
    claims.agent_id,
    claims.action,
    claims.target,
    regexp_extract(claims.target, '^[\s\S]*/') as folder,
    epoch_us(claims.occurred_at) as at_us,
    at_us - claimed_action.before_us as earliest_us,
    at_us + claimed_action.after_us as latest_us,
    claimed_action.undo_us,
    claims.session_id,
    claims.units,
    claims.charge_micros,
    claims.currency,
    claims.tokens_input,
    claims.tokens_cached,
    claims.tokens_output,
    case
        when len(rule.ignore_keys) = 0 then claims.effect
        else nullif('{' || array_to_string(list_filter(
            regexp_extract_all(claims.effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'),
            lambda entry: not list_contains(rule.ignore_keys, regexp_extract(entry, '^"(?:[^"\\]|\\.)*"'))
        ), ',') || '}', '{}')
    end as effect,
    case
        when tie.is_tied or tied_record.target is not null then 0
        else hash(coalesce(claims.target, tie.target, claims.claim_id))
    end as record,
    record % slice.slices as slice
from claims
join claimed_action using (action)
anti join standing using (claim)
left join tie on tie.name = claims.claim_id and claims.target is null
left join tied_record on tied_record.target = coalesce(claims.target, tie.target)
cross join rule
cross join slice
