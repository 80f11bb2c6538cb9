-- Accounts of the enrollment system's users service: they need no e-mail address, and others know them by their names.
alter table account
  alter column email drop not null,
  drop constraint account_born_on_check,
  add constraint account_born_on_check check (born_on in ('market', 'accounts', 'enrollment')),
  -- Only there may one be without.
  add constraint account_has_email check (email is not null or born_on = 'enrollment'),
  -- Once it has had a role of the enrollment system. From then on nobody else may ever have the name.
  add column has_fixed_name boolean not null default false,
  -- Tokens of sessions that were opened before this have ended, whether the session was written down by then or not.
  add column sessions_valid_from timestamptz;

alter table session
  drop constraint session_opened_on_check,
  add constraint session_opened_on_check check (opened_on in ('market', 'accounts', 'openid', 'enrollment'));

-- Whichever way somebody comes to such a role: by registering, from an administrator, with an import.
create function fix_name() returns trigger language plpgsql as $$
begin
  update account set has_fixed_name = true where uid = new.uid and not has_fixed_name;
  return null;
end
$$;

create trigger fix_name after insert on account_role for each row
  when (new.role in ('student', 'instructor', 'registrar')) execute function fix_name();

update account set has_fixed_name = true
where uid in (select uid from account_role where role in ('student', 'instructor', 'registrar'));

-- Fixed names of accounts that are gone, as keyed digests of their lower-case form.
create table reserved_name (
  digest bytea primary key check (octet_length(digest) = 32)
);

-- To be asked after a name was written into an account: by then whoever was deleting the account that had it is through, and
-- a look that comes after that sees what they have reserved. The constraint on names alone would let it go.
create function refuse_reserved_name(wanted bytea) returns void language plpgsql volatile as $$
begin
  if exists (select from reserved_name where digest = wanted) then
    raise exception 'the name is reserved' using errcode = 'unique_violation', constraint = 'reserved_name_pkey';
  end if;
end
$$;
