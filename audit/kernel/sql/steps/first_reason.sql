-- first_reason: the reasons that the claims alone and the first hearing give (the law, 3.3, doomed).
-- one row per claim in a line of parents whose reason spoils; reads parent, standing, decision, heard, rule.
with line as (
    select claim from parent
    union
    select parent as claim from parent
),
reasoned as (
    select
        line.claim,
        case
            when standing.reason is not null then standing.reason
            when decision.decision = 'failed' then 'failed'
            when decision.decision = 'wrong' then 'wrong_value'
            when decision.decision = 'disagree' then 'witnesses_disagree'
            when decision.decision = 'unseen' then 'no_evidence'
            when decision.decision = 'unheard' and heard.target is null then 'no_target'
            when decision.decision = 'unheard' then 'outside_coverage'
        end as reason
    from line
    join standing using (claim)
    left join decision using (claim)
    left join heard using (claim)
)
select
    reasoned.claim,
    reasoned.reason
from reasoned
cross join rule
where list_contains(rule.taint_from, reasoned.reason)
