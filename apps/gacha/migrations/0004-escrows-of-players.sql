-- Whoever asks what is kept about them has the copies read that they offered at auctions, and that they got there.
create index escrow_of_player on escrow (uid, auction_id) where uid is not null;
create index escrow_of_receiver on escrow (given_to, auction_id) where given_to is not null;
