-- Holds: TUX that a player has promised for a bid. They stay on the player's own account, so that bids of different
-- players change no row in common.

alter table account
  add column held bigint not null default 0,
  -- What is held can be paid at any time, and nothing else can be.
  add constraint account_held_check check (held >= 0 and held <= balance),
  add constraint account_held_currency_check check (held = 0 or currency = 'tux');

create trigger starts_without_holds before insert on account
  for each row when (new.held <> 0) execute function refuse_change();

create table hold (
  id uuid primary key,
  state text not null check (state in ('open', 'captured', 'released')),
  uid uuid references player,
  amount bigint check (amount >= 0),
  -- Tells a retry of the placement from another one under the same id.
  request_hash bytea check (octet_length(request_hash) = 32),
  -- The same for the capture that ended the hold: it was paid, or it was released because the seller had gone.
  capture_hash bytea check (octet_length(capture_hash) = 32),
  placed_at timestamptz,
  ended_at timestamptz,
  check ((state = 'open') = (ended_at is null)),
  -- All of them, or none: the release overtook the placement, which comes later and is refused.
  check (num_nonnulls(uid, amount, request_hash, placed_at) in (0, 4)),
  check (uid is not null or (state = 'released' and capture_hash is null)),
  check (state <> 'open' or capture_hash is null),
  check (state <> 'captured' or capture_hash is not null)
);
create index open_hold_of_player on hold (uid) where state = 'open';

create trigger never_removed before delete or truncate on hold
  for each statement execute function refuse_change();
create trigger starts_open before insert on hold
  for each row when (new.state <> 'open' and new.uid is not null) execute function refuse_change();

create function check_transition() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' or new.state = 'open'
    or (new.id, new.uid, new.amount, new.request_hash, new.placed_at)
      is distinct from (old.id, old.uid, old.amount, old.request_hash, old.placed_at)
  then
    raise exception 'hold % is refused this change: it ends once, and the rest of it stays', old.id
      using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create trigger ends_once before update on hold for each row execute function check_transition();

create function move_held() returns trigger language plpgsql as $$
begin
  update account set held = held + case tg_op when 'INSERT' then new.amount else -new.amount end
  where uid = new.uid and currency = 'tux';
  if not found then
    raise exception 'hold % is of a player without an account', new.id using errcode = 'foreign_key_violation';
  end if;
  return null;
end
$$;

-- What an account has held follows its open holds and nothing else: the trigger `follows_entries` refuses the rest.
create trigger move_held after insert or update on hold
  for each row when (new.uid is not null) execute function move_held();

-- A sale pays what was held to the seller of an auction. `uid` is who pays.
alter table transfer
  add column hold_id uuid unique references hold,
  add column seller_uid uuid references player,
  -- No auction is paid for twice.
  add column auction_id uuid unique,
  drop constraint transfer_kind_check,
  add constraint transfer_kind_check check (kind in ('opening', 'purchase', 'roll', 'sale', 'closing')),
  drop constraint transfer_check4,
  add constraint transfer_requested_when_check
    check ((requested is not null) = (kind in ('purchase', 'roll', 'sale') and state <> 'voided')),
  add constraint transfer_sale_check
    check (num_nonnulls(hold_id, seller_uid, auction_id) = case kind when 'sale' then 3 else 0 end),
  add constraint transfer_seller_check check (seller_uid <> uid);
create index transfer_of_seller on transfer (seller_uid, sequence) where seller_uid is not null;

create function check_sale() returns trigger language plpgsql as $$
declare
  sold uuid;
begin
  if tg_table_name = 'hold' then sold := new.id; else sold := new.hold_id; end if;
  if not exists (
    select from hold join transfer as sale on sale.hold_id = hold.id
    where hold.id = sold and hold.state = 'captured' and sale.uid = hold.uid and sale.requested = hold.amount
      and (select count(*) from entry where transfer_id = sale.id) = case hold.amount when 0 then 0 else 2 end
      and (select count(*) from entry where transfer_id = sale.id and currency = 'tux' and
            ((uid = sale.uid and amount = -hold.amount) or (uid = sale.seller_uid and amount = hold.amount)))
          = case hold.amount when 0 then 0 else 2 end
  ) then
    raise exception 'the captured hold % and its sale do not agree', sold using errcode = 'check_violation';
  end if;
  return null;
end
$$;

-- At commit, since neither can be there before the other.
create constraint trigger paid after update on hold deferrable initially deferred
  for each row when (new.state = 'captured') execute function check_sale();
create constraint trigger pays_a_hold after insert on transfer deferrable initially deferred
  for each row when (new.kind = 'sale') execute function check_sale();

do $$
declare
  grantee text;
begin
  for grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_class, aclexplode(relacl) as acl
    where pg_class.oid = 'hold'::regclass and acl.grantee <> relowner
  loop
    execute format('revoke delete, truncate on hold from %s', grantee);
  end loop;
end
$$;
