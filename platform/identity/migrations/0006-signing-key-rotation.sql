-- Keys follow one another by the times from which they sign: what a key is at a moment is a matter of these times alone.
alter table signing_key
  drop constraint signing_key_algorithm_check,
  add constraint signing_key_algorithm_check check (algorithm in ('RS256', 'ES256', 'EdDSA')),
  -- Until the next one does.
  add column signs_from timestamptz,
  -- Believed stolen: nothing it signed counts any more.
  add column revoked_at timestamptz,
  -- Erased once nothing it signed can be valid any more. The rest of the row stays: it tells what a key id was.
  alter column sealed_private_key drop not null,
  -- A revoked key has nothing left to sign with.
  add constraint signing_key_revoked_is_erased check (revoked_at is null or sealed_private_key is null);

update signing_key set signs_from = created_at;

alter table signing_key alter column signs_from set not null;

-- No two take over at the same moment, so at every moment one signs.
create unique index signing_key_signs_from on signing_key (signs_from) where revoked_at is null;
