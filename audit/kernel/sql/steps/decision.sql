-- decision: which grade decides a claim, and how (the law, 3.4).
-- one row per claim; reads claim, tally, silence, rule. 1170 are the bits of *failed* in tally, 7 those of a grade.
with spoken as (
    select
        tally.claim,
        tally.words,
        tally.said,
        tally.said & ((1 << (3 * len(rule.independent_grades))) - 1) as independent,
        case when independent > 0 then independent else tally.said end as heard,
        case when heard & 7 > 0 then 0 when heard & 56 > 0 then 1 when heard & 448 > 0 then 2 else 3 end as place
    from tally
    cross join rule
),
decided as (
    select
        claim.claim,
        spoken.words,
        silence.grade as silent,
        ['A', 'B', 'C', 'D'][spoken.place + 1] as best,
        (spoken.said >> (3 * spoken.place)) & 7 as said,
        coalesce(spoken.independent > 0, false) as is_independent,
        case
            when silent is null then spoken.claim is not null
            when not is_independent then false
            else best <= silent or spoken.independent & 1170 = spoken.independent
        end as is_spoken
    from claim
    left join spoken using (claim)
    left join silence using (claim)
)
select
    claim,
    case when is_spoken then best end as grade,
    is_spoken and is_independent as is_independent,
    words,
    case
        when not is_spoken and silent is not null then 'unseen'
        when not is_spoken then 'unheard'
        when said & 1 > 0 and said > 1 then 'disagree'
        when said & 1 > 0 and is_independent then 'supported'
        when said & 1 > 0 then 'attested'
        when said & 2 > 0 then 'failed'
        else 'wrong'
    end as decision
from decided
