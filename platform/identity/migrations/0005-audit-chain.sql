-- Events that have no link in the chain yet. Whoever records an event writes here what is left to do, and waits for nobody:
-- the chain needs an order, and is made afterwards.
create table audit_pending (
  event_id bigint primary key
);

create function await_sealing() returns trigger language plpgsql as $$
begin
  insert into audit_pending (event_id) values (new.id);
  return null;
end
$$;

-- Nobody records anything until this is committed, so that no event is missed by what follows.
create trigger await_sealing after insert on audit_event for each row execute function await_sealing();
insert into audit_pending (event_id) select id from audit_event;

-- Each link is made of the one before it and of its event, with a key that is not in the database.
create table audit_link (
  sequence bigint primary key check (sequence > 0),
  event_id bigint not null unique references audit_event,
  mac bytea not null check (octet_length(mac) = 32)
);

create trigger written_once before update or delete or truncate on audit_link
  for each statement execute function refuse_change();

-- Lists go from the newest to the oldest, and every filter finds the end of a range.
drop index audit_event_of_subject, audit_event_of_actor, audit_event_of_kind;
create index audit_event_at on audit_event (at, id);
create index audit_event_of_kind on audit_event (kind, at, id);
create index audit_event_of_actor on audit_event (actor, at, id) where actor is not null;
create index audit_event_of_subject on audit_event (subject, at, id) where subject is not null;
create index audit_event_of_address on audit_event (address, at, id) where address is not null;

-- The triggers hold for the owner too; whoever else may use these tables also lacks the privilege.
do $$
declare
  grantee text;
begin
  for grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_class, aclexplode(relacl) as acl
    where pg_class.oid in ('audit_event'::regclass, 'audit_link'::regclass) and acl.grantee <> relowner
  loop
    execute format('revoke update, delete, truncate on audit_event, audit_link from %s', grantee);
  end loop;
end
$$;
