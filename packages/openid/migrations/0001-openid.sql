-- What the OpenID provider keeps: codes, tokens, grants, browser sessions, what people are being asked. The id of a record
-- is what its bearer presents, so only its SHA-256 digest is here.
create table openid_record (
  model text not null,
  digest bytea not null check (octet_length(digest) = 32),
  payload jsonb not null,
  -- Null for what does not expire.
  expires_at timestamptz,
  -- Set once, when a code or a token that can be used once is used.
  consumed_at timestamptz,
  primary key (model, digest)
);
create index openid_record_of_grant on openid_record ((payload ->> 'grantId')) where payload ->> 'grantId' is not null;
create unique index openid_record_by_uid on openid_record ((payload ->> 'uid')) where payload ->> 'uid' is not null;
create unique index openid_record_by_user_code on openid_record ((payload ->> 'userCode'))
  where payload ->> 'userCode' is not null;
create index openid_record_of_account on openid_record ((payload ->> 'accountId'))
  where payload ->> 'accountId' is not null;
create index openid_record_expiry on openid_record (expires_at) where expires_at is not null;
