-- What one writes who wants enrollment in PostgreSQL and nothing else: one function each, under a lock of the section. Seats and
-- places are counted; whole numbers stand for people, which is cheaper than names.

create table section (
  id integer primary key,
  capacity integer not null check (capacity between 1 and 1000)
);

-- One row for what a student has to do with a section, written over in its place: rows that come and go would leave more and
-- more behind for whoever counts.
create table placement (
  section_id integer not null references section,
  student integer not null,
  state text not null check (state in ('enrolled', 'waiting', 'dropped')),
  since timestamptz not null,
  ticket bigint,
  primary key (section_id, student)
) with (fillfactor = 50);
create index placement_of_student on placement (student);

create sequence ticket;

create function enroll(wanted integer, who integer) returns text language plpgsql as $$
declare
  here record;
  next_state text;
begin
  -- Not the row: whoever waits for a row that others point to has to look after all who do.
  perform pg_advisory_xact_lock(1, wanted);
  select capacity,
    (select count(*) from placement where section_id = wanted and state = 'enrolled') as taken,
    (select count(*) from placement where section_id = wanted and state = 'waiting') as waits,
    (select state from placement where section_id = wanted and student = who) as already
  into here from section where id = wanted;
  if here.capacity is null then return 'unknown section'; end if;
  if here.already in ('enrolled', 'waiting') then return 'already ' || here.already; end if;
  if here.waits = 0 and here.taken < here.capacity then
    next_state := 'enrolled';
  else
    if here.waits >= 15 then return 'list full'; end if;
    perform pg_advisory_xact_lock(2, who);
    if (select count(*) from placement where student = who and state = 'waiting') >= 3 then return 'too many lists'; end if;
    next_state := 'waiting';
  end if;
  insert into placement (section_id, student, state, since, ticket)
  values (wanted, who, next_state, now(), case next_state when 'waiting' then nextval('ticket') end)
  on conflict (section_id, student) do update
  set state = excluded.state, since = excluded.since, ticket = excluded.ticket;
  return next_state;
end
$$;

create function drop_student(wanted integer, who integer) returns text language plpgsql as $$
begin
  perform pg_advisory_xact_lock(1, wanted);
  update placement set state = 'dropped', since = now()
  where section_id = wanted and student = who and state = 'enrolled';
  if not found then return 'not enrolled'; end if;
  update placement set state = 'enrolled', since = now(), ticket = null
  where section_id = wanted and state = 'waiting'
    and ticket = (select min(ticket) from placement where section_id = wanted and state = 'waiting');
  return 'dropped';
end
$$;
