-- every_claim_row_has_one_verdict: returns the claim rows without a verdict, with several, or with an open reason.
-- one row per claim row; reads claims, verdict.
select
    claims.claim,
    count(verdict.reason) as verdicts
from claims
left join verdict using (claim)
group by claims.claim
having count(verdict.reason) <> 1
