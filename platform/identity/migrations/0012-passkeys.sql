-- Keys that people sign in with (WebAuthn). Only their public halves are here.
create table passkey (
  -- The credential id, which the authenticator has chosen.
  id bytea primary key check (octet_length(id) between 1 and 1023),
  uid uuid not null references account on delete cascade,
  -- In COSE form (RFC 9052).
  public_key bytea not null,
  -- What the authenticator has counted up to: 0 for one that does not count.
  counter bigint not null check (counter >= 0),
  -- How browsers may reach the authenticator.
  transports text[] not null,
  -- Whether the key may leave the device that it was made on, and whether a copy of it is kept elsewhere.
  synced boolean not null,
  backed_up boolean not null,
  name text not null check (char_length(name) between 1 and 50),
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index passkey_of_account on passkey (uid, created_at);

-- What authenticators are asked to sign; each is taken once. One for each thing that somebody is about to do.
create table passkey_challenge (
  purpose text not null check (purpose in ('registration', 'sign-in', 'second-factor')),
  -- The question or the session that the answer has to come from.
  bound_to text not null,
  challenge bytea not null check (octet_length(challenge) = 32),
  expires_at timestamptz not null,
  primary key (purpose, bound_to)
);
create index passkey_challenge_expiry on passkey_challenge (expires_at);
