create table gacha (
  id uuid primary key,
  -- The order of insertion, in which lists show the catalogue.
  sequence bigint not null generated always as identity unique,
  name text not null unique check (name ~ '^[A-Za-z!?_]{1,30}$'),
  rarity smallint not null check (rarity between 1 and 5),
  image text not null
);

-- What was put into the database once and is not put there again, whatever became of it since.
create table seeding (
  name text primary key,
  seeded_at timestamptz not null
);

create table collection (
  uid uuid primary key,
  opened_at timestamptz,
  closed_at timestamptz,
  -- Only closed: the close overtook the open, and the open that comes later finds it done with.
  check (opened_at is not null or closed_at is not null)
);

create table copy (
  uid uuid not null references collection,
  -- Who removes a gacha takes all its copies along (market §13).
  gacha_id uuid not null references gacha on delete cascade,
  copies integer not null check (copies >= 1),
  -- The order in which a player came by the first copy of each.
  sequence bigint not null generated always as identity,
  primary key (uid, gacha_id)
);
create index copy_of_gacha on copy (gacha_id);

create table roll (
  id uuid primary key,
  uid uuid not null,
  -- Not a reference: a gacha may be removed while it is being rolled, and then another is drawn on delivery.
  gacha_id uuid not null,
  -- drawn: not settled yet. delivered: paid, and one copy given. refused: the wallet said no. void: made impossible to
  -- charge before it was charged. forfeited: paid by somebody whose collection was closed before the copy came.
  state text not null check (state in ('drawn', 'delivered', 'refused', 'void', 'forfeited')),
  drawn_at timestamptz not null,
  settled_at timestamptz,
  check ((state = 'drawn') = (settled_at is null))
);
create index roll_unsettled on roll (drawn_at) where state = 'drawn';
