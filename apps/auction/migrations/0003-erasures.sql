-- What was erased of people, as counts: nothing here says of whom.
create table erasure (
  id uuid primary key,
  removed jsonb not null,
  at timestamptz not null
);
