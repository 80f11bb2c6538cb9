-- Whom nothing is written down of any more, by the SHA-256 digests of their random ids, so that the ids themselves are kept
-- nowhere. After a day no request of theirs can be under way, and the next erasure drops the row.
create table erased_person (
  digest bytea primary key check (octet_length(digest) = 32),
  at timestamptz not null
);
create index erased_person_age on erased_person (at);

-- From when this returns nothing is written down of a person any more, and what was has been committed.
create function mark_erased(person uuid, moment timestamptz) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('erasure of ' || person, 0));
  insert into erased_person (digest, at) values (sha256(convert_to(person::text, 'UTF8')), moment)
  on conflict (digest) do update set at = greatest(erased_person.at, excluded.at);
  delete from erased_person where at < moment - interval '1 day';
end
$$;

-- Whether somebody was erased. A no is true until the transaction ends: an erasure that comes now waits for it.
create function is_erased(person uuid) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('erasure of ' || person, 0));
  return exists (select from erased_person where digest = sha256(convert_to(person::text, 'UTF8')));
end
$$;

create function skip_erased() returns trigger language plpgsql as $$
begin
  return case when is_erased(new.uid) then null else new end;
end
$$;
-- Whoever opens or closes a player who was erased finds them closed.
create trigger skip_erased before insert on player for each row execute function skip_erased();

-- Auctions and bids of somebody who was erased go on under another id. Nothing else about them changes.
create function refuse_unless_erased() returns trigger language plpgsql as $$
begin
  if not is_erased((to_jsonb(old) ->> tg_argv[0])::uuid) then
    raise exception 'this change of % % is refused', tg_table_name, old.id using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

drop trigger stays_what_it_is on auction;
create trigger stays_what_it_is before update on auction for each row
  when (
    (new.id, new.gacha_name, new.starting_price, new.end_time)
      is distinct from (old.id, old.gacha_name, old.starting_price, old.end_time)
    or new.highest_bid < old.highest_bid
    or (new.highest_bid = old.highest_bid and new.leading_bid is distinct from old.leading_bid)
    or (new.highest_bid <> old.highest_bid and old.state <> 'open')
    or (old.state = 'closed' and new.state <> 'closed')
    or (old.state = 'closing' and new.state not in ('closing', 'closed'))
    or (old.state = 'deleting' and new.state <> 'deleting')
    or (old.state = 'open' and new.state = 'creating')
  )
  execute function refuse_change();
create trigger stays_of_its_seller before update on auction for each row
  when (new.seller <> old.seller) execute function refuse_unless_erased('seller');
create trigger stays_of_its_leader before update on auction for each row
  when (new.leader <> old.leader and new.leading_bid = old.leading_bid)
  execute function refuse_unless_erased('leader');

drop trigger is_never_changed on bid;
create trigger stays_what_it_is before update on bid for each row
  when (
    (new.id, new.sequence, new.auction_id, new.amount, new.placed_at)
      is distinct from (old.id, old.sequence, old.auction_id, old.amount, old.placed_at)
  )
  execute function refuse_change();
create trigger stays_of_its_player before update on bid for each row
  when (new.player <> old.player) execute function refuse_unless_erased('player');
