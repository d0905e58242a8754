-- deciding: the events whose word gave the decision (the law, 3.4); of a disagreement all of the grade.
-- one row per claim and event; reads word, decision.
select
    word.claim,
    word.event,
    word.witness,
    word.event_id,
    word.rank,
    word.word,
    word.at_us,
    word.units,
    word.is_independent,
    decision.words,
    decision.decision
from word
join decision using (claim, grade)
where decision.decision = 'disagree'
    or (word.word = 'supports' and decision.decision in ('supported', 'attested'))
    or (word.word = 'failed' and decision.decision = 'failed')
    or (word.word = 'conflict' and decision.decision = 'wrong')
