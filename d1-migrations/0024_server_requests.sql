-- Which entry of the marketplace a server or instance was made from, as JSON of a ServerOrigin. NULL: none, or not known.
ALTER TABLE servers ADD COLUMN origin TEXT;
ALTER TABLE instances ADD COLUMN origin TEXT;

-- Members' requests for servers of the marketplace.
CREATE TABLE server_requests (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  -- Not a foreign key: the request is kept when the member is removed, as its name is.
  member_id TEXT NOT NULL,
  -- The entry's name.
  entry TEXT NOT NULL,
  reason TEXT NOT NULL,
  -- open, fulfilled, declined or withdrawn.
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- When it was closed, the actor that closed it, and the text for its member. NULL while it is open.
  closed_at INTEGER,
  closed_by TEXT,
  answer TEXT,
  -- The slug of the server that fulfils it.
  server_slug TEXT,
  -- When the member saw the outcome.
  seen_at INTEGER
);
CREATE UNIQUE INDEX server_requests_open ON server_requests(workspace_id, member_id, entry) WHERE status = 'open';
CREATE INDEX server_requests_by_time ON server_requests(workspace_id, created_at);
CREATE INDEX server_requests_by_member ON server_requests(member_id, created_at);
