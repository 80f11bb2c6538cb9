-- What was used of quotas: a row for each window of a client that has begun and is not over.
create table quota_window (
  -- The quota, the length of the window and whose it is.
  key text primary key check (length(key) <= 400),
  used integer not null check (used >= 0),
  ends_at timestamptz not null
)
-- Rows change again and again and no index with them: with room on their page they stay there.
with (fillfactor = 50);
create index quota_window_ends_at on quota_window (ends_at);

-- Counts the calls of a batch in the order they came in, each in all of its windows or in none.
--
-- keys, seconds, limits, demands: the windows of the batch, each once and always in the same order (two batches that
-- locked them in different orders would wait for one another), and how many of the calls want each.
-- sizes, places: how many windows each call wants, and the places of those in keys, of one call after the other.
--
-- taken says which calls were counted, and is null when all were; used_before and ends_in_ms how the windows stood, and
-- for how long they go on.
create function take_quotas(
  keys text[], seconds integer[], limits integer[], demands integer[], sizes integer[], places integer[],
  out taken boolean[], out used_before integer[], out ends_in_ms integer[]
) language plpgsql as $$
#variable_conflict use_column
declare
  all_fit boolean;
  counted integer[];
  place integer := 0;
  fits boolean;
begin
  -- What a crash of the database may forget are the calls of its last moment; nobody waits for the disk.
  perform set_config('synchronous_commit', 'off', true);

  -- Everything is counted first, which is right nearly always; the rows are locked by it.
  with wanted as (
    select * from unnest(keys, seconds, limits, demands) with ordinality as wanted (key, seconds, most, demand, place)
  ), counted as (
    insert into quota_window as kept (key, used, ends_at)
    select key, demand, now() + make_interval(secs => wanted.seconds) from wanted order by place
    on conflict (key) do update set
      used = excluded.used + case when kept.ends_at > now() then kept.used else 0 end,
      ends_at = case when kept.ends_at > now() then kept.ends_at else excluded.ends_at end
    returning key, used, ends_at
  )
  select
    bool_and(used <= most),
    array_agg(used - demand order by place),
    array_agg(ceil(extract(epoch from ends_at - now()) * 1000)::integer order by place)
  into all_fit, used_before, ends_in_ms
  from counted join wanted using (key);
  if all_fit then return; end if;

  counted := used_before;
  for nth in 1 .. cardinality(sizes) loop
    fits := true;
    for i in place + 1 .. place + sizes[nth] loop
      fits := fits and counted[places[i]] < limits[places[i]];
    end loop;
    if fits then
      for i in place + 1 .. place + sizes[nth] loop
        counted[places[i]] := counted[places[i]] + 1;
      end loop;
    end if;
    taken[nth] := fits;
    place := place + sizes[nth];
  end loop;
  -- A window in which nothing was counted has not begun.
  update quota_window set
    used = settled.used,
    ends_at = case when settled.used = 0 then now() else ends_at end
  from unnest(keys, counted) as settled (key, used)
  where quota_window.key = settled.key;
end
$$;
