-- near_name: the claim ids and references on those records.
-- one row per name; reads question, claims, evidence, near_target.
select claim_id as name from question
union
select claims.claim_id as name from claims semi join near_target using (target)
union
select evidence.claim_ref as name from evidence semi join near_target using (target)
where evidence.claim_ref is not null
