-- redo: the records that are heard again, because a claim that is doomed walks last there.
-- one row per record; reads sensitive, doomed.
select distinct record
from sensitive
semi join doomed using (claim)
