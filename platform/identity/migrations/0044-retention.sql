-- What the sweep of old personal parts looks for, so that it does not read the whole trail each time.
create index audit_event_not_erased on audit_event (at)
  where erased_mac is null and (address is not null or kind = 'api-key.created');
create index account_deleted_at on account (deleted_at) where deleted_at is not null;
