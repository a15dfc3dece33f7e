-- Tokens with which a company's directory provisions people and teams (SCIM). A workspace without one has no SCIM.
CREATE TABLE scim_tokens (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  label TEXT NOT NULL,
  -- SHA-256 of the token, lowercase hex.
  digest TEXT NOT NULL UNIQUE,
  last_four TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  last_used_at INTEGER,
  -- The last request that was refused, without any value of a person: method, path and SCIM error.
  last_error_at INTEGER,
  last_error TEXT
);
CREATE INDEX scim_tokens_by_workspace ON scim_tokens (workspace_id, created_at);

-- The members that the directory manages, with what it says of them.
CREATE TABLE scim_users (
  member_id TEXT PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  -- user_name for comparison: without regard to case.
  user_name_key TEXT NOT NULL,
  external_id TEXT,
  -- The other attributes, as JSON.
  attributes TEXT NOT NULL,
  active INTEGER NOT NULL,
  -- The suspension that the directory has made, which only it lifts. NULL: it has made none.
  deactivated_at INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX scim_users_by_name ON scim_users (workspace_id, user_name_key);
CREATE UNIQUE INDEX scim_users_by_external_id ON scim_users (workspace_id, external_id);

-- The teams that are groups of the directory.
CREATE TABLE scim_groups (
  team_id TEXT PRIMARY KEY REFERENCES teams (id) ON DELETE CASCADE,
  workspace_id TEXT NOT NULL,
  -- When the directory removed a group whose team has rules: the team stays without members. NULL: it is a group.
  deleted_at INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX scim_groups_by_workspace ON scim_groups (workspace_id, created_at);
