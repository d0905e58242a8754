-- heard: the claims that are heard (the law, 3.3), their windows, their slice; a folder ends at the last slash.
-- one row per claim; reads claims, standing, tie, tied_record, rule, slice.
select
    claims.claim,
    claims.vendor,
    claims.claim_id,
    claims.agent_id,
    claims.action,
    claims.target,
    regexp_extract(claims.target, '^[\s\S]*/') as folder,
    epoch_us(claims.occurred_at) as at_us,
    at_us - coalesce(rule.match_before_by_action[claims.action], rule.match_before_seconds) * 1000000 as earliest_us,
    at_us + coalesce(rule.match_after_by_action[claims.action], rule.match_after_seconds) * 1000000 as latest_us,
    coalesce(rule.undo_window_by_action[claims.action], rule.undo_window_seconds) * 1000000 as undo_us,
    claims.session_id,
    claims.units,
    case
        when len(rule.ignore_keys) = 0 then claims.effect
        else nullif('{' || array_to_string(list_filter(
            regexp_extract_all(claims.effect, '"(?:[^"\\]|\\.)*":"(?:[^"\\]|\\.)*"'),
            lambda entry: not list_contains(rule.ignore_keys, regexp_extract(entry, '^"(?:[^"\\]|\\.)*"'))
        ), ',') || '}', '{}')
    end as effect,
    case
        when tie.is_tied or tied_record.target is not null then 0
        else hash(coalesce(claims.target, tie.target, claims.claim_id)) % slice.slices
    end as slice
from claims
join standing using (claim)
left join tie on tie.name = claims.claim_id and claims.target is null
left join tied_record on tied_record.target = coalesce(claims.target, tie.target)
cross join rule
cross join slice
where standing.reason is null
