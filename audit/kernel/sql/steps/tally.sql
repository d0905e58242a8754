-- tally: what all systems say of a claim; grade by grade from A three bits: supports 1, failed 2, conflict 4.
-- one row per claim with a word; reads word.
select
    claim,
    bit_or(
        case word when 'supports' then 1 when 'failed' then 2 else 4 end
        << case grade when 'A' then 0 when 'B' then 3 when 'C' then 6 else 9 end
    ) as said,
    count(*) as words
from word
group by claim
