-- totals_add_up_to_the_claims: returns the amounts that the totals and the claims do not share.
-- one row, or none; reads claims, totals.
with claimed as (
    select
        count(*) as claims,
        coalesce(sum(units), 0) as units,
        coalesce(sum(charge_micros), 0) as charge_micros
    from claims
),
totalled as (
    select
        coalesce(sum(claims), 0) as claims,
        coalesce(sum(units), 0) as units,
        coalesce(sum(charge_micros), 0) as charge_micros
    from totals
)
select
    claimed.claims,
    totalled.claims as total_claims,
    claimed.units,
    totalled.units as total_units,
    claimed.charge_micros,
    totalled.charge_micros as total_charge_micros
from claimed
cross join totalled
where (claimed.claims, claimed.units, claimed.charge_micros)
    is distinct from (totalled.claims, totalled.units, totalled.charge_micros)
