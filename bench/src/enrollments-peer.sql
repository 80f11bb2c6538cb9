-- What one writes who wants enrollment in PostgreSQL and nothing else: one function each, the section locked first. Seats and
-- places are counted; whole numbers stand for people, which is cheaper than names.

create table section (
  id integer primary key,
  capacity integer not null check (capacity between 1 and 1000)
);

create table enrollment (
  section_id integer not null references section,
  student integer not null,
  enrolled_at timestamptz not null,
  primary key (section_id, student)
);
create index enrollment_of_student on enrollment (student);

create table waiting (
  section_id integer not null references section,
  student integer not null,
  ticket bigint not null generated always as identity,
  joined_at timestamptz not null,
  primary key (section_id, student)
);
create index waiting_of_student on waiting (student);

create table dropped (
  section_id integer not null references section,
  student integer not null,
  dropped_at timestamptz not null
);
create index dropped_of_section on dropped (section_id, dropped_at);

create function enroll(wanted integer, who integer) returns text language plpgsql as $$
declare
  seats integer;
  waits integer;
begin
  select capacity into seats from section where id = wanted for no key update;
  if not found then return 'unknown section'; end if;
  if exists (select from enrollment where section_id = wanted and student = who) then return 'already enrolled'; end if;
  if exists (select from waiting where section_id = wanted and student = who) then return 'already waiting'; end if;
  select count(*) into waits from waiting where section_id = wanted;
  if waits = 0 and (select count(*) from enrollment where section_id = wanted) < seats then
    insert into enrollment (section_id, student, enrolled_at) values (wanted, who, now());
    return 'enrolled';
  end if;
  if waits >= 15 then return 'list full'; end if;
  perform pg_advisory_xact_lock(2, who);
  if (select count(*) from waiting where student = who) >= 3 then return 'too many lists'; end if;
  insert into waiting (section_id, student, joined_at) values (wanted, who, now());
  return 'waiting';
end
$$;

create function drop_student(wanted integer, who integer) returns text language plpgsql as $$
declare
  next_one integer;
begin
  perform from section where id = wanted for no key update;
  delete from enrollment where section_id = wanted and student = who;
  if not found then return 'not enrolled'; end if;
  insert into dropped (section_id, student, dropped_at) values (wanted, who, now());
  delete from waiting where section_id = wanted
    and ticket = (select min(ticket) from waiting where section_id = wanted) returning student into next_one;
  if next_one is not null then
    insert into enrollment (section_id, student, enrolled_at) values (wanted, next_one, now());
  end if;
  return 'dropped';
end
$$;
