-- Suspended members and tokens (epoch ms; NULL: not suspended), stopped calls and blocked clients of a workspace (JSON).
ALTER TABLE members ADD COLUMN suspended_at INTEGER;
ALTER TABLE tokens ADD COLUMN suspended_at INTEGER;
ALTER TABLE workspaces ADD COLUMN stopped TEXT;
ALTER TABLE workspaces ADD COLUMN blocked_clients TEXT NOT NULL DEFAULT '[]';

-- Written by the management API, at most once in 10 minutes for each member.
ALTER TABLE members ADD COLUMN last_seen_at INTEGER;

-- Written by the queue consumer with last_used_at: what the client of the last call said that it is.
ALTER TABLE tokens ADD COLUMN last_client_name TEXT;
ALTER TABLE tokens ADD COLUMN last_client_version TEXT;
