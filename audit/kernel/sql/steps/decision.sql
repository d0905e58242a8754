-- decision: which grade decides a claim, and how (the law, 3.4).
-- one row per claim; reads claim, tally, silence.
with heard_grades as (
    select
        claim,
        min(grade) filter (where is_independent) as independent,
        bool_and(fails and not supports and not conflicts) filter (where is_independent) as only_failed,
        min(grade) filter (where not is_independent) as other
    from tally
    group by claim
),
decided as (
    select
        claim.claim,
        case
            when silence.grade is null then coalesce(heard_grades.independent, heard_grades.other)
            when heard_grades.independent <= silence.grade then heard_grades.independent
            when heard_grades.only_failed then heard_grades.independent
        end as grade,
        silence.grade is not null as is_silent
    from claim
    left join heard_grades using (claim)
    left join silence using (claim)
)
select
    decided.claim,
    decided.grade,
    coalesce(tally.is_independent, false) as is_independent,
    case
        when decided.grade is null and decided.is_silent then 'unseen'
        when decided.grade is null then 'unheard'
        when tally.supports and (tally.fails or tally.conflicts) then 'disagree'
        when tally.supports and tally.is_independent then 'supported'
        when tally.supports then 'attested'
        when tally.fails then 'failed'
        else 'wrong'
    end as decision
from decided
left join tally using (claim, grade)
