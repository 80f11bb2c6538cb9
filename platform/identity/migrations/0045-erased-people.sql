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
create function is_erased(person text) returns boolean language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('erasure of ' || person, 0));
  return exists (select from erased_person where digest = sha256(convert_to(person, 'UTF8')));
end
$$;

-- What happened to somebody who is erased by now, as to whose sign-in was being judged, is written down without from where.
create function leave_address_out() returns trigger language plpgsql as $$
begin
  if is_erased(coalesce(new.actor, new.subject)::text) then
    new.address := null;
  end if;
  return new;
end
$$;
create trigger leave_address_out before insert on audit_event for each row
  when (new.address is not null and (new.actor is not null or (new.actor_kind = 'anonymous' and new.subject is not null)))
  execute function leave_address_out();

-- The OpenID provider writes nothing down of them.
create function skip_erased() returns trigger language plpgsql as $$
begin
  return case when is_erased(new.payload ->> 'accountId') then null else new end;
end
$$;
create trigger skip_erased before insert on openid_record for each row
  when (new.payload ->> 'accountId' is not null) execute function skip_erased();
