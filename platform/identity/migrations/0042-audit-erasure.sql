-- What is personal in an event can be erased: where it came from, and the names that people gave to things. The chain stays
-- verifiable, because whoever has its key certifies what is left (src/audit/erasing.ts).
alter table audit_event
  -- Makes sure that what was erased cannot be guessed from the link, not even with the key. Null in events from before this.
  add column salt bytea,
  -- Of what is left of an event, and of its place in the chain.
  add column erased_mac bytea check (octet_length(erased_mac) = 32);
alter table audit_event alter column salt set default uuid_send(gen_random_uuid());

drop trigger written_once on audit_event;
create trigger written_once before delete or truncate on audit_event
  for each statement execute function refuse_change();
create trigger loses_only_what_is_personal before update on audit_event
  for each row when (
    (new.id, new.at, new.kind, new.actor_kind, new.actor, new.subject)
      is distinct from (old.id, old.at, old.kind, old.actor_kind, old.actor, old.subject)
    or not (old.details @> new.details)
    or num_nonnulls(new.address, new.salt) > 0
    or new.erased_mac is null
  )
  execute function refuse_change();

-- The service lacks the privilege to change events (0005-audit-chain.sql), all but these columns.
do $$
declare
  grantee text;
begin
  for grantee in
    select distinct acl.grantee::regrole::text
    from pg_class, aclexplode(relacl) as acl
    where pg_class.oid = 'audit_event'::regclass and acl.grantee not in (0, relowner) and privilege_type = 'INSERT'
  loop
    execute format('grant update (address, details, salt, erased_mac) on audit_event to %s', grantee);
  end loop;
end
$$;
