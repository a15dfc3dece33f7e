-- Users and their sign-in methods, API keys, and usage. Times are epoch milliseconds, booleans 0 or 1. A digest is a
-- SHA-256 in lowercase hex; the secret itself is not stored.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT COLLATE NOCASE UNIQUE,
  is_founder INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);

-- The user who signs in as this member. A user is at most one member of a workspace.
ALTER TABLE members ADD COLUMN user_id TEXT;
CREATE UNIQUE INDEX members_by_user ON members (user_id, workspace_id) WHERE user_id IS NOT NULL;

CREATE TABLE passkeys (
  -- The WebAuthn credential id, base64url.
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- COSE key, base64url.
  public_key TEXT NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL,
  label TEXT NOT NULL,
  is_backed_up INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
);
CREATE INDEX passkeys_by_user ON passkeys (user_id);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  method TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  stepped_up_at INTEGER
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE recovery_codes (
  digest TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX recovery_codes_by_user ON recovery_codes (user_id);

-- Single-use links. A row is deleted when its link is used or withdrawn.
CREATE TABLE sign_in_links (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  -- The user of a recovery link.
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  -- The workspace of an invitation, or of a setup link for a new owner of the workspace.
  workspace_id TEXT,
  -- The member of an invitation, which is deleted with the member.
  member_id TEXT UNIQUE REFERENCES members (id) ON DELETE CASCADE,
  -- The invited member's role at that time: the link is invalid after a change of role.
  role TEXT,
  -- A user's id, or `operator`. An invitation is valid while its creator is allowed to invite.
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE INDEX sign_in_links_by_workspace ON sign_in_links (workspace_id);

-- Challenges of WebAuthn ceremonies in progress. Each can be used once.
CREATE TABLE challenges (
  challenge TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  -- The id of the user or browser session that the ceremony is for; empty for a sign-in.
  subject TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sign_in_attempts (
  address TEXT NOT NULL,
  -- Start of the time window in which attempts are counted.
  since INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (address, since)
) WITHOUT ROWID;

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  label TEXT NOT NULL,
  role TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  last_four TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace_id, id);

-- Sums of calls with a known outcome by hour and by day, updated as rows are stored: for the whole workspace, and by
-- server, tool and member. b0 to b13 are the buckets of the latency histogram.
CREATE TABLE usage (
  workspace_id TEXT NOT NULL,
  dimension TEXT NOT NULL,
  -- Length of a step in hours, 1 or 24. `step` counts steps since 1970, UTC.
  hours INTEGER NOT NULL,
  step INTEGER NOT NULL,
  name TEXT NOT NULL,
  calls INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  b0 INTEGER NOT NULL,
  b1 INTEGER NOT NULL,
  b2 INTEGER NOT NULL,
  b3 INTEGER NOT NULL,
  b4 INTEGER NOT NULL,
  b5 INTEGER NOT NULL,
  b6 INTEGER NOT NULL,
  b7 INTEGER NOT NULL,
  b8 INTEGER NOT NULL,
  b9 INTEGER NOT NULL,
  b10 INTEGER NOT NULL,
  b11 INTEGER NOT NULL,
  b12 INTEGER NOT NULL,
  b13 INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, dimension, hours, step, name)
) WITHOUT ROWID;

-- Calls by member, tool and day (days since 1970, UTC), without refused calls.
CREATE TABLE member_tool_days (
  workspace_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  server_slug TEXT NOT NULL,
  tool_name TEXT NOT NULL,
  calls INTEGER NOT NULL,
  last_called_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, member_id, day, server_slug, tool_name)
) WITHOUT ROWID;
