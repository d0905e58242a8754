-- standing: the claim rows that are not heard, and why: what the claims alone say (the law, 3.1 and 3.2).
-- one row per claim row that is not heard; reads claims, restatement, rule.
with stated as (
    select
        claims.claim,
        coalesce(restatement.row, 1) as row,
        coalesce(restatement.is_current, true) as is_current,
        case when claims.withdrawn then 'superseded' else restatement.reason end as restated,
        list_contains(rule.completed_statuses, claims.status) as is_completed,
        case
            when claims.charge_micros is null then not rule.failures_are_billed
            else claims.charge_micros = 0
        end as is_free,
        list_contains(rule.production_environments, claims.environment) as is_production,
        rule.counted_actions is null or list_contains(rule.counted_actions, claims.action) as is_counted,
        rule.registered_agents is null or list_contains(rule.registered_agents, claims.agent_id) as is_registered
    from claims
    left join restatement using (claim)
    cross join rule
),
reasoned as (
    select
        claim,
        row,
        is_current,
        case
            when restated is not null then restated
            when not is_completed and is_free then 'own_failure'
            when not is_production then 'not_production'
            when not is_counted then 'not_counted'
            when not is_completed then 'not_completed'
            when not is_registered then 'unregistered_agent'
        end as reason
    from stated
)
select
    claim,
    row,
    is_current,
    reason
from reasoned
where reason is not null
