-- When whoever a session is of last said who they are, where that was after it was opened: signing in anew to the OpenID
-- provider goes on with the session that is there.
alter table session add column authenticated_at timestamptz;
