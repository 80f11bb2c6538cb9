create table picture (
  id uuid primary key,
  -- Tells pictures of one day apart, in lists.
  sequence bigint not null generated always as identity unique,
  title text not null check (char_length(title) between 1 and 100),
  explanation text not null check (char_length(explanation) between 1 and 2000),
  date date not null,
  copyright text check (char_length(copyright) between 1 and 100),
  -- The name of the whole picture among the files; the program makes it.
  file text not null unique check (char_length(file) <= 300),
  media_type text not null,
  width integer not null check (width > 0),
  height integer not null check (height > 0),
  bytes integer not null check (bytes > 0),
  -- SHA-256 of the file.
  digest bytea not null check (octet_length(digest) = 32),
  state text not null check (state in ('pending', 'accepted', 'refused')),
  -- Who sent it; nobody for what comes with the program or from its operator.
  uploader uuid,
  added_at timestamptz not null
);
create index picture_by_date on picture (date desc, sequence desc) where state = 'accepted';
create index picture_pending on picture (sequence) where state = 'pending';

-- The accepted pictures, numbered from 1 without a gap, so that one of them can be drawn without looking at the others.
create table pool_place (
  place bigint primary key,
  picture_id uuid not null unique references picture
);
create table pool_size (one boolean primary key default true check (one), size bigint not null check (size >= 0));
insert into pool_size (size) values (0);

create function keep_pool() returns trigger language plpgsql as $$
declare
  free_place bigint;
  last_place bigint;
begin
  if tg_op = 'UPDATE' and old.state = 'accepted' and new.state <> 'accepted' then
    -- The lock of this row has changes of the pool come one after the other.
    update pool_size set size = size - 1 returning size + 1 into last_place;
    delete from pool_place where picture_id = old.id returning place into free_place;
    update pool_place set place = free_place where place = last_place;
  end if;
  if new.state = 'accepted' and (tg_op = 'INSERT' or old.state <> 'accepted') then
    update pool_size set size = size + 1 returning size into last_place;
    insert into pool_place (place, picture_id) values (last_place, new.id);
  end if;
  return null;
end
$$;
create trigger keep_pool after insert or update of state on picture for each row execute function keep_pool();

-- What was put into the database once and is not put there again, whatever became of it since.
create table seeding (
  name text primary key,
  seeded_at timestamptz not null
);
