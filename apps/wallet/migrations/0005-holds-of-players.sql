-- Whoever asks what is kept about them has all of their holds read. The index on the open ones alone was read by nothing, and
-- made every end of a hold a change of all indexes.
create index hold_of_player on hold (uid, id) where uid is not null;
drop index open_hold_of_player;
