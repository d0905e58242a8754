-- judged: what is to be said of each heard claim before taint (the law, 3.7), and what its totals need.
-- one row per claim; reads claim, decision, ground, oscillation, repeat, fall, watched_unit.
select
    claim.claim,
    claim.record,
    claim.vendor,
    claim.claim_id,
    claim.revision,
    1 as row,
    claim.agent_id,
    claim.action,
    claim.at_us,
    claim.currency,
    claim.tokens_input,
    claim.tokens_cached,
    claim.tokens_output,
    claim.units,
    claim.charge_micros,
    case
        when oscillation.claim is not null then 'oscillation'
        when repeat.claim is not null then 'repeat'
        when decision.decision = 'failed' then 'failed'
        when decision.decision = 'wrong' then 'wrong_value'
        when decision.decision = 'disagree' then 'witnesses_disagree'
        when decision.decision in ('supported', 'attested') and fall.unit is not null then 'undone'
        when decision.decision in ('supported', 'attested') and claim.units > ground.units then 'aggregate'
        when decision.decision = 'attested' then 'vendor_attested'
        when decision.decision = 'supported' then 'supported'
        when claim.target is null then 'no_target'
        when decision.decision = 'unseen' then 'no_evidence'
        else 'outside_coverage'
    end as reason,
    ground.rank,
    ground.witness,
    ground.event_id,
    repeat.repeat_of_id as repeat_of,
    fall.undone_by,
    watched_unit.unit is null as is_provisional
from claim
join decision using (claim)
left join ground using (claim)
left join oscillation using (claim)
left join repeat using (claim)
left join fall on fall.unit = claim.claim
left join watched_unit on watched_unit.unit = claim.claim
