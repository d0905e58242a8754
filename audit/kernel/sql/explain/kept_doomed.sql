-- kept_doomed: the claims near the asked one that walked last in the run.
-- one row per claim; reads heard, run_doomed (the file of the run).
select heard.claim
from heard
semi join run_doomed using (vendor, claim_id)
