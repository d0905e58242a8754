-- near_evidence: the events that can have a say in the verdict; looked up by one column at a time, so not all is read.
-- one row per event; reads evidence, near_target, near_name.
select evidence.*
from evidence
semi join near_target using (target)
union
select evidence.*
from evidence
semi join near_name on near_name.name = evidence.claim_ref
