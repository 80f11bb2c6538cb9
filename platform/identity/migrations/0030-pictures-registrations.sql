-- Accounts of the pictures service, where people give their names and get a key at once.
alter table account
  drop constraint account_born_on_check,
  add constraint account_born_on_check check (born_on in ('market', 'accounts', 'enrollment', 'pictures'));

-- What the pictures service knows of somebody, wherever their account was born.
create table pictures_registration (
  uid uuid primary key references account on delete cascade,
  -- What the service calls them; never anybody else's.
  number integer generated always as identity unique,
  first_name text not null check (char_length(first_name) between 1 and 100),
  last_name text not null check (char_length(last_name) between 1 and 100),
  -- Where they registered from, the last time.
  address text not null check (char_length(address) <= 100)
);

-- Those of the pictures service are told of it for a while when they have run out, so they are kept for longer.
alter table api_key
  add column made_on text not null default 'account' check (made_on in ('account', 'pictures'));
