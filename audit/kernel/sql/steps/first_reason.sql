-- first_reason: the claims of this slice whose reason, as far as the first hearing gives it, spoils (the law, 3.3, doomed).
-- one row per claim; reads claim, decision, rule.
with reasoned as (
    select
        claim.claim,
        claim.record,
        claim.vendor,
        claim.claim_id,
        case
            when decision.decision = 'failed' then 'failed'
            when decision.decision = 'wrong' then 'wrong_value'
            when decision.decision = 'disagree' then 'witnesses_disagree'
            when decision.decision = 'unseen' then 'no_evidence'
            when decision.decision = 'unheard' and claim.target is null then 'no_target'
            when decision.decision = 'unheard' then 'outside_coverage'
        end as reason
    from claim
    join decision using (claim)
)
select
    reasoned.claim,
    reasoned.record,
    reasoned.vendor,
    reasoned.claim_id
from reasoned
cross join rule
where list_contains(rule.taint_from, reasoned.reason)
