-- units_and_charge_are_those_of_the_claims: returns the verdicts that bear another amount than their claim.
-- one row per claim row; reads claims, verdict.
select
    claims.claim,
    claims.units,
    verdict.units as verdict_units,
    claims.charge_micros,
    verdict.charge_micros as verdict_charge_micros
from claims
join verdict using (claim)
where verdict.units is distinct from claims.units
    or verdict.charge_micros is distinct from claims.charge_micros
