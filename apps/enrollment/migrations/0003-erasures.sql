-- What was erased of people, as counts: nothing here says of whom.
create table erasure (
  id uuid primary key,
  removed jsonb not null,
  at timestamptz not null
);

-- Takes somebody out of every section: seats go to whoever waits first, places on lists are given up, and what is left of
-- them (what they dropped, what they taught) goes on under a name that is nobody's. Takes locks in the order of all others.
create function erase_person(person text, pseudonym text, moment timestamptz)
returns table (seats integer, places integer, history integer, taught integer)
language plpgsql as $$
declare
  involved integer[];
  seated integer[];
begin
  perform pg_advisory_xact_lock_shared(1, 0);
  select array_agg(id) into involved from (
    select id from section
    where instructor = person or exists (select from placement where section_id = id and student = person)
    order by id for no key update
  ) as locked;
  perform pg_advisory_xact_lock(2, hashtext(person));

  select coalesce(array_agg(section_id order by section_id), '{}') into seated
  from placement where student = person and seat is not null and section_id = any (involved);
  perform drop_students(seated, array_fill(person, array[cardinality(seated)]), array_fill(null::text, array[cardinality(seated)]), moment);
  seats := cardinality(seated);

  delete from placement where student = person and ticket is not null and section_id = any (involved);
  get diagnostics places = row_count;

  update placement set student = pseudonym where student = person and section_id = any (involved);
  get diagnostics history = row_count;

  update section set instructor = pseudonym where instructor = person and id = any (involved);
  get diagnostics taught = row_count;
  return next;
end
$$;
