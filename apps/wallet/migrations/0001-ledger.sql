-- The ledger: double entry, written once and never changed. TUX are counted in millionths, fiat in six-millionths.

create table player (
  uid uuid primary key,
  opened_at timestamptz,
  closed_at timestamptz,
  -- Only closed: the close overtook the open, and the open that comes later finds it done with.
  check (opened_at is not null or closed_at is not null)
);

-- What a player owns in one currency. The house has no rows here: what it has emitted, spent, issued or earned is the
-- sum of its entries, because a row that every purchase changes would make all purchases wait for one another.
create table account (
  uid uuid not null references player,
  currency text not null check (currency in ('tux', 'fiat')),
  balance bigint not null default 0 check (balance >= 0),
  primary key (uid, currency)
);

create table transfer (
  id uuid primary key,
  sequence bigint not null generated always as identity,
  kind text not null check (kind in ('opening', 'purchase', 'roll', 'closing')),
  state text not null check (state in ('booked', 'refused', 'voided')),
  -- Tells a retry, which gets the first answer, from another request under the same id, which is refused.
  request_hash bytea not null check (octet_length(request_hash) = 32),
  uid uuid references player,
  -- In millionths of TUX. One may ask for more than a bigint holds, and is refused for lack of fiat.
  requested numeric(24, 0) check (requested >= 0),
  tux_after bigint check (tux_after >= 0),
  fiat_after bigint check (fiat_after >= 0),
  created_at timestamptz not null,
  created_in xid8 not null default pg_current_xact_id(),
  check ((state = 'voided') = (uid is null)),
  check (num_nonnulls(uid, tux_after, fiat_after) in (0, 3)),
  check (state <> 'voided' or kind = 'roll'),
  check (state <> 'refused' or kind in ('purchase', 'roll')),
  check ((requested is not null) = (kind in ('purchase', 'roll') and state <> 'voided'))
);
create index transfer_of_player on transfer (uid, sequence);

create table entry (
  transfer_id uuid not null references transfer,
  line smallint not null,
  currency text not null check (currency in ('tux', 'fiat')),
  -- Whose account: a player's, or one of the house's.
  uid uuid,
  house text check (house in ('tux-emitted', 'tux-spent', 'fiat-issued', 'fiat-earned')),
  amount bigint not null check (amount <> 0),
  primary key (transfer_id, line),
  foreign key (uid, currency) references account,
  check (num_nonnulls(uid, house) = 1),
  check (house is null or split_part(house, '-', 1) = currency)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: the ledger is written once', lower(tg_op), tg_table_name
    using errcode = 'restrict_violation';
end
$$;

create trigger written_once before update or delete or truncate on transfer
  for each statement execute function refuse_change();
create trigger written_once before update or delete or truncate on entry
  for each statement execute function refuse_change();

-- A balance follows its entries and nothing else: a change that comes from no trigger is refused.
create trigger follows_entries before update or delete or truncate on account
  for each statement when (pg_trigger_depth() = 0) execute function refuse_change();
create trigger starts_empty before insert on account
  for each row when (new.balance <> 0) execute function refuse_change();

create function apply_entries() returns trigger language plpgsql as $$
begin
  -- Otherwise a transfer that somebody has already been told about could grow.
  if exists (
    select from added join transfer on transfer.id = added.transfer_id
    where transfer.created_in <> pg_current_xact_id() or transfer.state <> 'booked'
  ) then
    raise exception 'entries belong to a booked transfer of the same transaction' using errcode = 'restrict_violation';
  end if;
  update account set balance = account.balance + change.amount
  from (select uid, currency, sum(amount) as amount from added where uid is not null group by uid, currency) as change
  where account.uid = change.uid and account.currency = change.currency;
  return null;
end
$$;

create trigger apply_entries after insert on entry
  referencing new table as added for each statement execute function apply_entries();

create function check_transfer() returns trigger language plpgsql as $$
begin
  if exists (select from entry where transfer_id = new.id group by currency having sum(amount) <> 0) then
    raise exception 'the entries of transfer % do not sum to zero', new.id using errcode = 'check_violation';
  end if;
  if new.requested <> 0 and not exists (select from entry where transfer_id = new.id) then
    raise exception 'the booked transfer % has no entries', new.id using errcode = 'check_violation';
  end if;
  return null;
end
$$;

-- At commit, so that the entries of a transfer may come in several statements.
create constraint trigger balanced after insert on transfer deferrable initially deferred
  for each row when (new.state = 'booked') execute function check_transfer();

-- The triggers hold for the owner too; whoever else may use these tables also lacks the privilege.
do $$
declare
  grantee text;
begin
  for grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_class, aclexplode(relacl) as acl
    where pg_class.oid in ('player'::regclass, 'account'::regclass, 'transfer'::regclass, 'entry'::regclass)
      and acl.grantee <> relowner
  loop
    execute format('revoke update, delete, truncate on transfer, entry from %s', grantee);
    execute format('revoke delete, truncate on player, account from %s', grantee);
  end loop;
end
$$;
