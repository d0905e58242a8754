-- doomed: the claims near the asked one that walked last in the run.
-- one row per claim; reads claim, run_doomed (the file of the run).
select claim.claim
from claim
semi join run_doomed using (vendor, claim_id)
