-- Whoever asks what is kept about them has their auctions read. No bid changes this index.
create index auction_of_seller on auction (seller, sequence);
