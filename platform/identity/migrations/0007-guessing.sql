-- Attempts to guess passwords, and requests that are limited. Both are forgotten soon by themselves, so a crash may forget
-- them as well: unlogged tables cost a sign-in no write to the disk.
create unlogged table guess (
  -- A digest of what is paced: a name from an address, a name, or an address.
  key bytea primary key check (octet_length(key) = 32),
  -- The digest of the name alone, by which its owner clears everything about it.
  account_key bytea check (octet_length(account_key) = 32),
  attempts integer not null check (attempts > 0),
  -- Nothing is tried before this.
  retry_at timestamptz not null,
  forget_at timestamptz not null
);
create index guess_of_account on guess (account_key);
create index guess_forget_at on guess (forget_at);

-- Where people signed in from before: there they are not kept waiting for what strangers do.
create table familiar_network (
  uid uuid not null references account on delete cascade,
  -- A digest of the account and the network.
  digest bytea not null check (octet_length(digest) = 32),
  until timestamptz not null,
  primary key (uid, digest)
);
create index familiar_network_until on familiar_network (until);

-- Fixed windows of rate-limiter-flexible, whose columns these are.
create unlogged table request_limit (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
