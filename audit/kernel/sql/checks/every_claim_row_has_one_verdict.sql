-- every_claim_row_has_one_verdict: returns what the claims and the verdicts do not share: rows, units, charge, prints.
-- one row, or none; reads claims, verdict. The print of a row is of its vendor, id, revision, units and charge.
with claimed as (
    select
        count(*) as claims,
        coalesce(sum(units), 0) as units,
        coalesce(sum(charge_micros), 0) as charge_micros,
        coalesce(sum(hash(vendor, claim_id, revision, units, charge_micros)), 0) as prints
    from claims
),
judged as (
    select
        count(*) filter (where reason is not null) as claims,
        coalesce(sum(units), 0) as units,
        coalesce(sum(charge_micros), 0) as charge_micros,
        coalesce(sum(hash(vendor, claim_id, revision, units, charge_micros)), 0) as prints
    from verdict
)
select
    claimed.claims,
    judged.claims as verdicts,
    claimed.units,
    judged.units as verdict_units,
    claimed.charge_micros,
    judged.charge_micros as verdict_charge_micros,
    claimed.prints,
    judged.prints as verdict_prints
from claimed
cross join judged
where (claimed.claims, claimed.units, claimed.charge_micros, claimed.prints)
    is distinct from (judged.claims, judged.units, judged.charge_micros, judged.prints)
