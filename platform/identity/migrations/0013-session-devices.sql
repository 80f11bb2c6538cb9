-- What people recognise their sessions by. All of it is unknown of sessions that are from before this.
alter table session
  -- The surface whose words were spoken.
  add column opened_on text check (opened_on in ('market', 'accounts', 'openid')),
  -- The client of the OpenID provider that it was opened for.
  add column client text check (char_length(client) <= 100),
  -- What the program said it was: never more than a claim.
  add column user_agent text check (char_length(user_agent) <= 256),
  -- Where it was opened from.
  add column address text check (char_length(address) <= 100),
  -- Kept to a few minutes, where it costs nothing.
  add column last_used_at timestamptz;
