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
