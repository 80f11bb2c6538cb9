-- Copies that are up for auction. One leaves its collection when the auction is made and is kept here until it is over.
create table escrow (
  auction_id uuid primary key,
  -- Whose copy it was, and of what. Both stay when the player is deleted and the gacha removed.
  uid uuid references collection,
  gacha_name text,
  -- Only while the copy is kept. A removed gacha takes it along like all others (market §13): then it is kept no more.
  gacha_id uuid references gacha on delete set null,
  -- kept: in nobody's collection. given: in the collection of given_to. discarded: there was nobody to give it to.
  state text not null check (state in ('kept', 'given', 'discarded')),
  given_to uuid references collection,
  taken_at timestamptz,
  ended_at timestamptz,
  check ((state = 'kept') = (ended_at is null)),
  check ((state = 'given') = (given_to is not null)),
  check (state = 'kept' or gacha_id is null),
  -- All of them, or none: the settlement overtook the taking, which comes later and is refused.
  check (num_nonnulls(uid, gacha_name, taken_at) in (0, 3)),
  check (uid is not null or state = 'discarded')
);
create index escrow_of_gacha on escrow (gacha_id) where gacha_id is not null;
