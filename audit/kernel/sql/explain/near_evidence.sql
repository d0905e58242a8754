-- near_evidence: the events that can have a say in the verdict.
-- one row per event; reads evidence, near_target, near_name.
select evidence.*
from evidence
where evidence.target in (select near_target.target from near_target)
    or evidence.claim_ref in (select near_name.name from near_name)
