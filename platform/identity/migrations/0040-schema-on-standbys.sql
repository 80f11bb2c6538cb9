-- Without its primary the service learns from a standby whether the schema there is the one it knows. Nobody but its two roles
-- comes into this database.
grant usage on schema migration to public;
grant select on migration.applied to public;
