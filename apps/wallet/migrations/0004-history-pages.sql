-- A player's history is read in pages, all of it or one kind: each kind is a range of its own, newest last.

create index transfer_of_player_by_kind on transfer (uid, kind, sequence);
drop index transfer_of_player;
