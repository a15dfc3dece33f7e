-- Sign-ins of the gateway at servers. `member_id`: whose calls use it; NULL: those of the whole workspace. `tokens`: JSON with
-- the sealed tokens of the sign-in; the Workspace object has those of later refreshes.
CREATE TABLE connections (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  server_id TEXT NOT NULL REFERENCES servers(id) ON DELETE CASCADE,
  member_id TEXT,
  issuer TEXT NOT NULL,
  resource TEXT NOT NULL,
  scopes TEXT NOT NULL,
  client_id TEXT NOT NULL,
  tokens TEXT NOT NULL,
  connected_by TEXT NOT NULL,
  connected_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX connections_by_workspace ON connections(workspace_id);
CREATE UNIQUE INDEX connections_by_server ON connections(server_id, coalesce(member_id, ''));

-- The gateway as a client of authorization servers: registered, or entered by an admin. `secret`: sealed; NULL: none.
CREATE TABLE upstream_clients (
  workspace_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  client_id TEXT NOT NULL,
  secret TEXT,
  auth_method TEXT NOT NULL,
  is_entered INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, issuer, redirect_uri)
) WITHOUT ROWID;
