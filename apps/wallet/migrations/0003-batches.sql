-- Holds are placed and ended many at a time. What was checked row by row is checked statement by statement, and what was
-- checked at commit is checked at the end of the statement: a transfer comes with its entries, a capture with its sale.

-- What was answered to a batch of offers, so that a retry has the same answer. Swept after a day.
create table offer_batch (
  id uuid primary key,
  request_hash bytea not null check (octet_length(request_hash) = 32),
  -- One for each offer, in their order.
  outcomes text[] not null check (outcomes <@ array['held', 'too-low', 'not-enough-tux', 'unknown-player']),
  created_at timestamptz not null
);
create index offer_batch_by_age on offer_batch (created_at);

create trigger written_once before update or truncate on offer_batch
  for each statement execute function refuse_change();

-- A retry is told by its batch, no more by its hold. The check that all of a placement is there goes with the column.
alter table hold
  drop column request_hash,
  add constraint hold_placement_check check (num_nonnulls(uid, amount, placed_at) in (0, 3));

create or replace function check_transition() returns trigger language plpgsql as $$
begin
  if old.state <> 'open' or new.state = 'open'
    or (new.id, new.uid, new.amount, new.placed_at) is distinct from (old.id, old.uid, old.amount, old.placed_at)
  then
    raise exception 'hold % is refused this change: it ends once, and the rest of it stays', old.id
      using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

drop trigger move_held on hold;

create or replace function move_held() returns trigger language plpgsql as $$
declare
  stranger uuid;
begin
  with moved as (
    select uid, sum(case tg_op when 'INSERT' then amount else -amount end) as amount
    from changed where uid is not null group by uid
  ), followed as (
    update account set held = account.held + moved.amount
    from moved where account.uid = moved.uid and account.currency = 'tux'
    returning account.uid
  )
  select uid into stranger from moved where uid not in (select uid from followed) limit 1;
  if stranger is not null then
    raise exception 'player % has no account to hold TUX on', stranger using errcode = 'foreign_key_violation';
  end if;
  return null;
end
$$;

-- A hold is open when it is inserted and has ended when it was changed: `starts_open` and `ends_once` see to it.
create trigger move_held_by_placing after insert on hold
  referencing new table as changed for each statement execute function move_held();
create trigger move_held_by_ending after update on hold
  referencing new table as changed for each statement execute function move_held();

drop trigger paid on hold;
drop trigger pays_a_hold on transfer;
drop trigger balanced on transfer;
drop function check_sale();
drop function check_transfer();

create function check_captures() returns trigger language plpgsql as $$
declare
  unpaid uuid;
begin
  -- That the sale agrees with the hold is checked where the sale comes from.
  select id into unpaid from changed
  where state = 'captured' and not exists (select from transfer where hold_id = changed.id) limit 1;
  if unpaid is not null then
    raise exception 'the hold % is captured without a sale', unpaid using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create trigger paid after update on hold
  referencing new table as changed for each statement execute function check_captures();

create function check_transfers() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select id into wrong from recorded
  where state = 'booked' and requested <> 0 and not exists (select from entry where transfer_id = recorded.id) limit 1;
  if wrong is not null then
    raise exception 'the booked transfer % has no entries', wrong using errcode = 'check_violation';
  end if;
  select sale.id into wrong
  from recorded as sale
  left join hold on hold.id = sale.hold_id
  cross join lateral (
    select count(*) as lines, count(*) filter (
      where currency = 'tux'
        and ((uid = sale.uid and amount = -sale.requested) or (uid = sale.seller_uid and amount = sale.requested))
    ) as payments
    from entry where transfer_id = sale.id
  ) as moved
  cross join lateral (select case sale.requested when 0 then 0 else 2 end as lines) as expected
  where sale.kind = 'sale' and (
    (hold.state, hold.uid, hold.amount) is distinct from ('captured', sale.uid, sale.requested)
    or (moved.lines, moved.payments) is distinct from (expected.lines, expected.lines)
  )
  limit 1;
  if wrong is not null then
    raise exception 'the sale % does not agree with a captured hold', wrong using errcode = 'check_violation';
  end if;
  return null;
end
$$;

create trigger complete after insert on transfer
  referencing new table as recorded for each statement execute function check_transfers();

create or replace function apply_entries() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  -- Otherwise a transfer that somebody has already been told about could grow, or one that was found complete.
  select transfer.id into wrong
  from (select transfer_id, count(*) as lines from added group by transfer_id) as given
  join transfer on transfer.id = given.transfer_id
  where transfer.created_in <> pg_current_xact_id() or transfer.state <> 'booked' or transfer.requested = 0
    or (select count(*) from entry where entry.transfer_id = given.transfer_id) <> given.lines
  limit 1;
  if wrong is not null then
    raise exception 'entries belong to a booked transfer of the same transaction, all at once: %', wrong
      using errcode = 'restrict_violation';
  end if;
  select transfer_id into wrong from added group by transfer_id, currency having sum(amount) <> 0 limit 1;
  if wrong is not null then
    raise exception 'the entries of transfer % do not sum to zero', wrong using errcode = 'check_violation';
  end if;
  update account set balance = account.balance + change.amount
  from (select uid, currency, sum(amount) as amount from added where uid is not null group by uid, currency) as change
  where account.uid = change.uid and account.currency = change.currency;
  return null;
end
$$;

do $$
declare
  grantee text;
begin
  for grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_class, aclexplode(relacl) as acl
    where pg_class.oid = 'offer_batch'::regclass and acl.grantee <> relowner
  loop
    execute format('revoke update, truncate on offer_batch from %s', grantee);
  end loop;
end
$$;
