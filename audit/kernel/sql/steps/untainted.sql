-- untainted: what is to be said of every claim row before taint (the law, 3.7).
-- one row per claim row; reads standing, settled.
select
    standing.claim,
    standing.row,
    case
        when standing.reason is not null then standing.reason
        when settled.is_oscillation then 'oscillation'
        when settled.repeat_of is not null then 'repeat'
        when settled.decision = 'failed' then 'failed'
        when settled.decision = 'wrong' then 'wrong_value'
        when settled.decision = 'disagree' then 'witnesses_disagree'
        when settled.decision in ('supported', 'attested') and settled.undone_by is not null then 'undone'
        when settled.decision in ('supported', 'attested') and settled.is_aggregate then 'aggregate'
        when settled.decision = 'attested' then 'vendor_attested'
        when settled.decision = 'supported' then 'supported'
        when settled.is_targetless then 'no_target'
        when settled.decision = 'unseen' then 'no_evidence'
        when settled.decision = 'unheard' then 'outside_coverage'
    end as reason,
    settled.rank,
    settled.event_system,
    settled.event_id,
    settled.repeat_of,
    settled.undone_by,
    settled.is_provisional
from standing
left join settled using (claim)
