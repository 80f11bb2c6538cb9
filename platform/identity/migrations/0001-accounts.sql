create table role (
  name text primary key,
  -- Smaller means more power. Up to 5 counts as administrator.
  level smallint not null unique check (level between 0 and 1000),
  description text not null
);

insert into role (name, level, description) values
  ('superadmin', 0, 'May do everything'),
  ('admin', 1, 'Administers accounts and applications'),
  ('user', 10, 'A person with an account'),
  ('registrar', 20, 'Keeps courses and sections'),
  ('instructor', 30, 'Teaches sections'),
  ('student', 40, 'Enrolls in sections'),
  ('guest', 99, 'May look around');

create table account (
  uid uuid primary key,
  -- The order of registration, in which lists show accounts.
  sequence bigint generated always as identity unique,
  username text not null check (char_length(username) between 1 and 100),
  email text not null check (char_length(email) between 3 and 254),
  password_hash text not null,
  -- The surface whose rules for names and passwords hold for this account for good.
  born_on text not null check (born_on in ('market')),
  created_at timestamptz not null
);

create unique index account_username_key on account (lower(username));
create unique index account_email_key on account (lower(email));

create table account_role (
  uid uuid not null references account on delete cascade,
  role text not null references role,
  primary key (uid, role)
);

create table session (
  sid uuid primary key,
  uid uuid not null references account on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create index session_uid on session (uid);
create index session_expires_at on session (expires_at);

-- The feed of what no longer counts. Rows are written under an advisory lock, so that a reader who has seen a sequence
-- number has seen every smaller one.
create table revocation (
  sequence bigint generated always as identity primary key,
  kind text not null check (kind in ('session', 'account')),
  id uuid not null,
  until timestamptz not null
);

create index revocation_until on revocation (until);

create table signing_key (
  kid text primary key,
  algorithm text not null check (algorithm in ('RS256')),
  public_jwk jsonb not null,
  -- Encrypted under the master key: AES-256-GCM, nonce, then tag, then ciphertext.
  sealed_private_key bytea not null,
  created_at timestamptz not null
);
