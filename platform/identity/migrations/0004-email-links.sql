-- Links that were sent to an e-mail address. Whoever comes with one has read what was sent there. Only digests are kept.
create table email_link (
  digest bytea primary key check (octet_length(digest) = 32),
  uid uuid not null references account on delete cascade,
  purpose text not null check (purpose in ('verification', 'password-reset')),
  -- The address it was sent to: once the account has another, the link proves nothing.
  email text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index email_link_of_account on email_link (uid, purpose);
create index email_link_expiry on email_link (expires_at);
