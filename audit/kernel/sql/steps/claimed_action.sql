-- claimed_action: the actions that some claim of the run has.
-- one row per action; reads claims.
select distinct action from claims
