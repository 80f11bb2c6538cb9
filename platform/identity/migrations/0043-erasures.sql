-- The erasure of a person: what is to be done at which service, and what was done. While it is under way it says of whom;
-- when it is finished it is a receipt that leads to nobody.
create table erasure (
  id uuid primary key,
  scope text not null check (scope in ('everything', 'pictures')),
  uid uuid,
  -- By which what is left of them is found: in the enrollment system, among letters and attempts to guess.
  username text,
  email text,
  keeps_uploads boolean not null,
  -- Of what opens it to whoever asked for it; nobody but an operator may look without.
  token_digest bytea check (octet_length(token_digest) = 32),
  started_at timestamptz not null,
  finished_at timestamptz,
  receipt jsonb,
  check ((finished_at is null) = (receipt is null)),
  check (finished_at is null = (uid is not null)),
  check (finished_at is null or num_nonnulls(username, email) = 0)
);
-- Asked for twice at once, it is done once.
create unique index erasure_under_way on erasure (uid) where finished_at is null and scope = 'everything';

create table erasure_step (
  erasure uuid not null references erasure on delete cascade,
  step text not null check (step in ('wallet', 'gacha', 'auction', 'enrollment', 'pictures', 'identity')),
  done_at timestamptz,
  removed jsonb not null default '{}',
  anonymous jsonb not null default '{}',
  primary key (erasure, step)
);
