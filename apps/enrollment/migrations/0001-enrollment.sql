create table course (
  id integer primary key generated always as identity,
  department text not null check (char_length(department) between 2 and 8),
  number text not null check (char_length(number) between 1 and 10),
  title text not null check (char_length(title) between 1 and 120),
  unique (department, number)
);

-- People are known by their user names alone, which identity keeps from ever meaning somebody else.
create domain user_name as text check (value ~ '^[a-z0-9._+-]{3,64}$');

create table section (
  id integer primary key generated always as identity,
  course_id integer not null references course,
  section_number integer not null check (section_number between 1 and 999),
  term text not null check (char_length(term) between 1 and 16),
  instructor user_name not null,
  capacity integer not null check (capacity between 1 and 1000),
  unique (course_id, term, section_number),
  -- So that a seat can point to how many there are.
  unique (id, capacity)
);
create index section_of_instructor on section (instructor);

-- What a student has to do with a section, in one row, so that nobody is two things at once. Every limit is a numbered place
-- that only one row can have: seats up to the capacity, fifteen places on a list, three lists for a student. How many there
-- are is counted, and kept nowhere.
create table placement (
  section_id integer not null,
  student user_name not null,
  state text not null check (state in ('enrolled', 'waiting', 'dropped')),
  -- Of this state.
  since timestamptz not null,
  capacity integer not null,
  seat integer check (seat between 1 and capacity),
  -- The order of joining: taken under the section's lock, so it grows as the list does, whatever a clock says.
  ticket bigint,
  list_place integer check (list_place between 1 and 15),
  own_list integer check (own_list between 1 and 3),
  dropped_by text check (dropped_by in ('student', 'instructor')),
  primary key (section_id, student),
  foreign key (section_id, capacity) references section (id, capacity) on delete cascade,
  check ((state = 'enrolled') = (seat is not null)),
  check (num_nonnulls(ticket, list_place, own_list) = case state when 'waiting' then 3 else 0 end),
  check ((state = 'dropped') = (dropped_by is not null))
);
create unique index placement_seat on placement (section_id, seat) where seat is not null;
create unique index placement_ticket on placement (section_id, ticket) where ticket is not null;
create unique index placement_list_place on placement (section_id, list_place) where list_place is not null;
create unique index placement_own_list on placement (student, own_list) where own_list is not null;
create index placement_of_student on placement (student) where seat is not null;
create index placement_dropped on placement (section_id, since) where state = 'dropped';

create sequence placement_ticket_sequence;

-- One setting for all sections.
create table automatic_enrollment (
  one boolean primary key default true check (one),
  enabled boolean not null
);
insert into automatic_enrollment (enabled) values (true);

-- The functions below decide in one statement each, so that a section is locked for no longer than that takes. All of them
-- take locks in the same order, and so nobody waits in a circle: the setting (advisory, 1), sections by their ids, students
-- by the hashes of their names (advisory, 2). Each of their queries sees what was committed before it, so whatever is read
-- under a lock is so.

-- Places each student in the section beside it, one after the other (E-55 to E-57).
create function enroll(asked_sections integer[], asked_students text[], moment timestamptz)
returns table (outcome text, list_position integer)
language plpgsql as $$
declare
  asked record;
  here record;
  free_seat integer;
  free_place integer;
  free_list integer;
  student_key integer;
begin
  perform from section where id = any (asked_sections) order by id for no key update;
  -- A student who joins the lists of two sections at once would find the same one free.
  for student_key in select distinct hashtext(name) from unnest(asked_students) as name order by 1 loop
    perform pg_advisory_xact_lock(2, student_key);
  end loop;

  for asked in select * from unnest(asked_sections, asked_students) as asking (section_id, student) loop
    list_position := null;
    free_seat := null;
    free_place := null;
    free_list := null;
    select capacity,
      (select state from placement where section_id = id and student = asked.student) as already,
      (select count(*) from placement where section_id = id and ticket is not null) as waiting,
      (select coalesce(max(seat), 0) from placement where section_id = id and seat is not null) as last_seat
    into here from section where id = asked.section_id;

    -- While others wait, a free seat is theirs.
    if here.waiting = 0 then
      if here.last_seat < here.capacity then
        free_seat := here.last_seat + 1;
      else
        select min(number) into free_seat from (
          select number from generate_series(1, here.capacity) as number
          except select seat from placement where section_id = asked.section_id and seat is not null
        ) as free (number);
      end if;
    end if;
    if free_seat is null then
      select min(number) into free_list from generate_series(1, 3) as number
      where not exists (select from placement where student = asked.student and own_list = number);
    end if;

    outcome := case
      when here.capacity is null then 'unknown-section'
      when here.already = 'enrolled' then 'already-enrolled'
      when here.already = 'waiting' then 'already-waitlisted'
      when free_seat is not null then 'enrolled'
      when here.waiting >= 15 then 'waitlist-full'
      when free_list is null then 'waitlist-limit'
      else 'waitlisted'
    end;
    if outcome = 'waitlisted' then
      list_position := here.waiting + 1;
      select min(number) into free_place from generate_series(1, 15) as number
      where not exists (select from placement where section_id = asked.section_id and list_place = number);
    end if;
    if outcome in ('enrolled', 'waitlisted') then
      insert into placement (section_id, student, state, since, capacity, seat, ticket, list_place, own_list)
      values (
        asked.section_id, asked.student, case outcome when 'enrolled' then 'enrolled' else 'waiting' end, moment,
        here.capacity, free_seat, case outcome when 'waitlisted' then nextval('placement_ticket_sequence') end,
        free_place, free_list
      )
      -- Whoever has dropped comes back as a newcomer.
      on conflict (section_id, student) do update
      set state = excluded.state, since = excluded.since, seat = excluded.seat, ticket = excluded.ticket,
        list_place = excluded.list_place, own_list = excluded.own_list, dropped_by = null;
    end if;
    return next;
  end loop;
end
$$;

-- Takes the seats of students, one after the other, and gives each to whoever waits first (E-53, E-58). An actor who is not
-- the student has to teach the section at that moment.
create function drop_students(
  asked_sections integer[], asked_students text[], asked_instructors text[], moment timestamptz
)
returns table (outcome text)
language plpgsql as $$
declare
  asked record;
  here record;
  is_automatic boolean;
begin
  -- While somebody changes the setting nobody frees a seat that would be forgotten.
  perform pg_advisory_xact_lock_shared(1, 0);
  perform from section where id = any (asked_sections) order by id for no key update;
  select enabled into is_automatic from automatic_enrollment;

  for asked in
    select * from unnest(asked_sections, asked_students, asked_instructors) as asking (section_id, student, instructor)
  loop
    select instructor, (select seat from placement where section_id = id and student = asked.student) as seat
    into here from section where id = asked.section_id;
    outcome := case
      when here.instructor is null then 'unknown-section'
      when asked.instructor <> here.instructor then 'not-the-instructor'
      when here.seat is null then 'not-enrolled'
      else 'dropped'
    end;
    if outcome = 'dropped' then
      update placement
      set state = 'dropped', since = moment, seat = null,
        dropped_by = case when asked.instructor is null then 'student' else 'instructor' end
      where section_id = asked.section_id and student = asked.student;
      if is_automatic then
        update placement
        set state = 'enrolled', since = moment, seat = here.seat, ticket = null, list_place = null, own_list = null
        where section_id = asked.section_id
          and ticket = (select min(ticket) from placement where section_id = asked.section_id and ticket is not null);
      end if;
    end if;
    return next;
  end loop;
end
$$;

-- Takes a student off a list.
create function leave_list(of_section integer, leaver text)
returns text
language plpgsql as $$
begin
  -- Whoever is being promoted is not gone a moment later, or the seat would be lost.
  perform from section where id = of_section for no key update;
  if not found then
    return 'unknown-section';
  end if;
  delete from placement where section_id = of_section and student = leaver and ticket is not null;
  return case when found then 'left' else 'not-waiting' end;
end
$$;

-- Sets the setting; from false to true it fills every free seat that somebody waits for (E-59). The work is bounded by the
-- sections that have a list, of fifteen at most.
create function set_automatic_enrollment(wanted boolean, moment timestamptz)
returns void
language plpgsql as $$
declare
  waited_for integer[];
begin
  perform pg_advisory_xact_lock(1, 0);
  update automatic_enrollment set enabled = wanted;
  if not wanted then
    return;
  end if;
  -- No list begins meanwhile where a seat is free: seats become free by drops alone, and these wait.
  select array_agg(id) into waited_for from (
    select id from section
    where exists (select from placement where section_id = id and ticket is not null)
    order by id for no key update
  ) as locked;
  with line as (
    select section_id, student, row_number() over (partition by section_id order by ticket) as turn
    from placement where ticket is not null and section_id = any (waited_for)
  ), free as (
    select id as section_id, number as seat, row_number() over (partition by id order by number) as turn
    from section cross join lateral (
      select number from generate_series(1, capacity) as number
      except select seat from placement where section_id = id and seat is not null
    ) as free_seat
    where id = any (waited_for)
  )
  update placement
  set state = 'enrolled', since = moment, seat = free.seat, ticket = null, list_place = null, own_list = null
  from line join free using (section_id, turn)
  where placement.section_id = line.section_id and placement.student = line.student;
end
$$;
