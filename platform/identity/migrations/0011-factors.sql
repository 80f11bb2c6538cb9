-- Whether a password alone opens no session. A column, and not a look at the factors: a statement that waits for the row
-- while a factor is added judges it by what it is then.
alter table account add column has_second_factor boolean not null default false;

-- What an authenticator app has as well, to make codes of (RFC 6238): one for each account.
create table totp (
  uid uuid primary key references account on delete cascade,
  -- Encrypted under the master key and bound to the account: AES-256-GCM, nonce, then tag, then ciphertext.
  sealed_secret bytea not null,
  created_at timestamptz not null,
  -- Null until a code has shown that the app has the secret: before that it is no factor.
  confirmed_at timestamptz,
  -- Of the last code that was accepted, in steps of thirty seconds since 1970: neither this nor an earlier one is again.
  last_step bigint not null
);

-- Eighty random bits each, so a plain SHA-256 digest hides them. A code that was used is gone.
create table recovery_code (
  uid uuid not null references account on delete cascade,
  digest bytea not null check (octet_length(digest) = 32),
  primary key (uid, digest)
);

-- Sign-ins that have proven a password and wait for the second factor.
create table half_sign_in (
  -- A digest of the question that a browser is asked.
  question bytea primary key check (octet_length(question) = 32),
  uid uuid not null references account on delete cascade,
  -- The hash of the password that was proven: a session is opened only while it is the account's.
  proven_hash text not null,
  -- How often the second factor was tried.
  tries integer not null,
  expires_at timestamptz not null
);
create index half_sign_in_of_account on half_sign_in (uid);
create index half_sign_in_expiry on half_sign_in (expires_at);
