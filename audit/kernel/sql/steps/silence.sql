-- silence: the best independent grade in which a system covers a claim and saw nothing (the law, 3.4).
-- one row per claim with such a system; reads claim, watch, word.
with covered as (
    select claim.claim, watch.witness, watch.grade
    from claim
    join watch using (folder)
    where watch.is_independent
        and (watch.action is null or watch.action = claim.action)
        and watch.starts_us <= claim.earliest_us
        and claim.latest_us <= watch.ends_us
    union all
    select claim.claim, watch.witness, watch.grade
    from claim
    join watch using (target)
    where watch.is_independent
        and (watch.action is null or watch.action = claim.action)
        and watch.starts_us <= claim.earliest_us
        and claim.latest_us <= watch.ends_us
)
select
    covered.claim,
    min(covered.grade) as grade
from covered
anti join word using (claim, witness)
group by covered.claim
