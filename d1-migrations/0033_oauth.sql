-- The client of an OAuth grant, as JSON. NULL: the token is a value that a person made.
ALTER TABLE tokens ADD COLUMN client TEXT;

-- The valid access tokens of grants.
CREATE TABLE oauth_access_tokens (
  digest TEXT PRIMARY KEY,
  token_id TEXT NOT NULL REFERENCES tokens(id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX oauth_access_tokens_by_token ON oauth_access_tokens(token_id);

ALTER TABLE workspaces ADD COLUMN oauth TEXT NOT NULL
  DEFAULT '{"enabled":true,"clients":"any","hosts":[],"accessHours":720,"idleDays":90}';

-- The records of the authorization server, by its keys. `version` changes with each write; `client_id`: of a grant.
CREATE TABLE oauth_records (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  metadata TEXT,
  client_id TEXT,
  version TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX oauth_records_by_end ON oauth_records(expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX oauth_records_by_client ON oauth_records(client_id) WHERE client_id IS NOT NULL;
