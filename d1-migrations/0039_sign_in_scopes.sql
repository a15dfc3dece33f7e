-- The scopes that a sign-in at a server has asked for, as JSON. NULL: a sign-in of an earlier release.
ALTER TABLE connections ADD COLUMN asked_scopes TEXT;

-- When the secret of a client that the gateway has registered expires. NULL: it does not, or that is not known.
ALTER TABLE upstream_clients ADD COLUMN secret_expires_at INTEGER;
