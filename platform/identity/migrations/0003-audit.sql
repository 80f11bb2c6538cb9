-- What happened to accounts, written once, with what it is about.
create table audit_event (
  id bigint primary key generated always as identity,
  at timestamptz not null,
  kind text not null,
  actor_kind text not null check (actor_kind in ('account', 'anonymous', 'operator')),
  actor uuid,
  address text,
  subject uuid,
  details jsonb not null default '{}',
  check ((actor_kind = 'account') = (actor is not null))
);
create index audit_event_of_subject on audit_event (subject, id) where subject is not null;
create index audit_event_of_actor on audit_event (actor, id) where actor is not null;
create index audit_event_of_kind on audit_event (kind, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on % is refused: it is written once', lower(tg_op), tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger written_once before update or delete or truncate on audit_event
  for each statement execute function refuse_change();
