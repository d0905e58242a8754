-- doomed: who walked last in the second hearing, kept so that one claim can be explained later.
-- one row per claim; reads heard, doomed.
select
    heard.vendor,
    heard.claim_id
from heard
semi join doomed using (claim)
order by
    heard.vendor,
    heard.claim_id
