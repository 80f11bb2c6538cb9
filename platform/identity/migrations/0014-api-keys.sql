-- Keys that programs call with in the name of an account.
create table api_key (
  id uuid primary key,
  uid uuid not null references account on delete cascade,
  name text not null check (char_length(name) between 1 and 100),
  -- The `sid` of its tokens; another one takes its place when those that were issued are to end.
  session_id uuid not null unique,
  scopes text[] not null check (cardinality(scopes) between 1 and 20),
  -- Where it may be used from; everywhere when there are none.
  networks text[] not null check (cardinality(networks) <= 20),
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  last_used_at timestamptz,
  uses bigint not null default 0 check (uses >= 0)
);
create index api_key_of_account on api_key (uid, created_at);
create index api_key_expiry on api_key (expires_at);

-- What is presented is nowhere, only a keyed digest of it. Two while one takes the place of another.
create table api_key_secret (
  digest bytea primary key check (octet_length(digest) = 32),
  key uuid not null references api_key on delete cascade,
  prefix text not null check (char_length(prefix) = 6),
  created_at timestamptz not null,
  -- When it no longer counts although its key does, since another one has taken its place.
  replaced_at timestamptz
);
create index api_key_secret_of_key on api_key_secret (key);
