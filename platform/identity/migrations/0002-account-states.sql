-- One account for every surface: where it was born, what was proven, and what ended.
alter table account
  drop constraint account_born_on_check,
  add constraint account_born_on_check check (born_on in ('market', 'accounts')),
  add column last_login_at timestamptz,
  add column email_verified_at timestamptz,
  -- Suspended by an administrator, and not for good.
  add column suspended_at timestamptz,
  -- Deleted on a surface whose names stay reserved: the row stays, and means nobody any more.
  add column deleted_at timestamptz,
  -- Since when the account has its things at the other services; null before the first sign-in.
  add column member_since timestamptz;

-- Accounts of the market have theirs from the start.
update account set member_since = created_at
where not exists (
  select from account_role join role on role.name = account_role.role where account_role.uid = account.uid and level <= 5
);

create index account_role_of_role on account_role (role);

-- Levels of roles that administrators make; the seven that are there from the start stay as they are.
alter table role
  add column sequence bigint generated always as identity,
  add column built_in boolean not null default false,
  add constraint role_name_check check (char_length(name) between 3 and 50);
update role set built_in = true;
