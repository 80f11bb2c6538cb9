-- What was heard of identity last, for a gateway that starts while identity is away.

-- Its public keys, as they were published.
create table heard_keys (
  only_row boolean primary key default true check (only_row),
  keys jsonb not null
);

-- What was revoked, until no token that it concerns can be valid any more.
create table heard_revocation (
  kind text not null check (kind in ('session', 'account')),
  id text not null check (length(id) <= 400),
  until timestamptz not null,
  primary key (kind, id)
);
create index heard_revocation_until on heard_revocation (until);
