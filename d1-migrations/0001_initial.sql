-- Configuration and audit log. Times are epoch milliseconds, booleans 0 or 1.

CREATE TABLE workspaces (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  enforcement INTEGER NOT NULL,
  default_access TEXT NOT NULL,
  limits TEXT NOT NULL,
  retention_days INTEGER NOT NULL,
  -- Emptied at deletion, so that nothing that was sealed with the key can be opened.
  wrapped_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- The row of a deleted workspace stays for its audit rows; its slug can be used again.
  deleted_at INTEGER
);
CREATE UNIQUE INDEX workspaces_live_slug ON workspaces (slug) WHERE deleted_at IS NULL;

CREATE TABLE servers (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  prefix TEXT,
  position INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  headers TEXT NOT NULL,
  credentials TEXT NOT NULL,
  transport TEXT,
  era TEXT,
  protocol_version TEXT,
  stateful INTEGER NOT NULL,
  legacy TEXT,
  probed_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (workspace_id, slug)
);

CREATE TABLE members (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  name TEXT NOT NULL,
  email TEXT,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX members_by_workspace ON members (workspace_id, id);

-- A rule names its server by slug and stays when the server is deleted: otherwise a member who was restricted to that
-- server would have no rules, and thus no restrictions.
CREATE TABLE rules (
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  server_slug TEXT NOT NULL,
  tool_name TEXT NOT NULL,
  PRIMARY KEY (member_id, server_slug, tool_name)
) WITHOUT ROWID;

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  -- Not a foreign key: the revoked tokens of a removed member stay.
  member_id TEXT,
  label TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  last_four TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  -- Written by the queue consumer, with the audit rows.
  last_used_at INTEGER
);
CREATE INDEX tokens_by_workspace ON tokens (workspace_id, id);

CREATE TABLE server_checks (
  server_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  checked_at INTEGER NOT NULL,
  latency_ms INTEGER NOT NULL,
  error_code TEXT,
  error_message TEXT,
  http_status INTEGER,
  PRIMARY KEY (server_id, checked_at)
) WITHOUT ROWID;
CREATE INDEX server_checks_by_time ON server_checks (checked_at);

-- No foreign keys: a row is stored even if the member, token or server that it names was deleted.
CREATE TABLE mcp_tool_calls (
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  workspace_id TEXT NOT NULL,
  member_id TEXT,
  token_id TEXT,
  server_slug TEXT,
  tool_name TEXT,
  method TEXT NOT NULL,
  status TEXT NOT NULL,
  error_code TEXT,
  latency_ms INTEGER,
  protocol_version TEXT,
  client_name TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, seq)
) WITHOUT ROWID;
-- Each index costs a write for every call, so there are indexes for the frequent filters only.
CREATE INDEX mcp_tool_calls_by_member ON mcp_tool_calls (workspace_id, member_id, seq);
CREATE INDEX mcp_tool_calls_by_server ON mcp_tool_calls (workspace_id, server_slug, seq);
CREATE INDEX mcp_tool_calls_by_tool ON mcp_tool_calls (workspace_id, tool_name, seq);
CREATE INDEX mcp_tool_calls_not_ok ON mcp_tool_calls (workspace_id, status, seq) WHERE status <> 'ok';
CREATE INDEX mcp_tool_calls_by_time ON mcp_tool_calls (workspace_id, created_at);

CREATE TABLE audit_events (
  -- Orders the changes of a workspace.
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  workspace_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  occurred_at INTEGER NOT NULL
);
CREATE INDEX audit_events_by_seq ON audit_events (workspace_id, seq);
CREATE INDEX audit_events_by_time ON audit_events (workspace_id, occurred_at);
