-- Rolls that a player can verify: the seed of a roll is chosen before it and only its hash is shown; the roll uses the
-- seed up, and then it is shown itself. See docs/verifiable-rolls.md.

-- What could be drawn at some time: [{"name": …, "rarity": …}, …] in the order of the catalogue.
create table catalogue_snapshot (
  digest bytea primary key check (octet_length(digest) = 32),
  lots jsonb not null
);

-- The seed that waits for each player's next roll.
create table roll_seed (
  uid uuid primary key references collection,
  seed bytea not null check (octet_length(seed) = 32),
  commitment bytea not null generated always as (sha256(seed)) stored
);

alter table roll
  -- The order in which a player rolled.
  add column sequence bigint not null generated always as identity,
  add column gacha_name text,
  add column rarity smallint check (rarity between 1 and 5),
  -- A seed is used once.
  add column seed bytea unique check (octet_length(seed) = 32),
  add column client_seed text check (client_seed ~ '^[\x20-\x7e]{0,64}$'),
  -- The draw that counts: the second when what the first had drawn was removed before delivery.
  add column attempt smallint check (attempt >= 1),
  add column catalogue bytea references catalogue_snapshot,
  -- What was promised for the roll after this one.
  add column next_commitment bytea check (octet_length(next_commitment) = 32),
  -- None of them: rolled before rolls could be verified.
  add constraint roll_proof_check
    check (num_nonnulls(gacha_name, rarity, seed, client_seed, attempt, catalogue, next_commitment) in (0, 7));
create index roll_of_player on roll (uid, sequence);
