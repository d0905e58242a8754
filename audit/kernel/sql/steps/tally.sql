-- tally: what the systems of one grade say of a claim, together.
-- one row per claim and grade; reads word.
select
    claim,
    grade,
    is_independent,
    bool_or(word = 'supports') as supports,
    bool_or(word = 'failed') as fails,
    bool_or(word = 'conflict') as conflicts
from word
group by claim, grade, is_independent
