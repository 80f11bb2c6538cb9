-- What the OpenID provider keeps: codes, tokens, grants, browser sessions, what people are being asked. The id of a record
-- is what its bearer presents, so only its SHA-256 digest is here.
create table openid_record (
  model text not null,
  digest bytea not null check (octet_length(digest) = 32),
  payload jsonb not null,
  -- Null for what does not expire.
  expires_at timestamptz,
  -- Set once, when a code or a token that can be used once is used.
  consumed_at timestamptz,
  primary key (model, digest)
);
create index openid_record_of_grant on openid_record ((payload ->> 'grantId')) where payload ->> 'grantId' is not null;
create unique index openid_record_by_uid on openid_record ((payload ->> 'uid')) where payload ->> 'uid' is not null;
create unique index openid_record_by_user_code on openid_record ((payload ->> 'userCode'))
  where payload ->> 'userCode' is not null;
create index openid_record_of_account on openid_record ((payload ->> 'accountId'))
  where payload ->> 'accountId' is not null;
create index openid_record_expiry on openid_record (expires_at) where expires_at is not null;

-- The browser session of the OpenID provider that a session was opened in.
alter table session add column browser_session text unique;

-- Programs that people may sign in to, or that act for themselves.
create table client (
  id text primary key check (char_length(id) between 1 and 100),
  name text not null check (char_length(name) between 1 and 100),
  first_party boolean not null,
  -- In the words of OpenID Connect Dynamic Client Registration, without id, name and secret.
  metadata jsonb not null,
  created_at timestamptz not null
);

-- Only digests. Two while one takes the place of another.
create table client_secret (
  id bigint primary key generated always as identity,
  client text not null references client on delete cascade,
  digest bytea not null check (octet_length(digest) = 32),
  created_at timestamptz not null
);
create index client_secret_of_client on client_secret (client, id);
