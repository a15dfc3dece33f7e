-- Members' requests for access to a tool or a server.
CREATE TABLE access_requests (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  -- Who is to get access. Not a foreign key: the request is kept when the member is removed, as its name is.
  member_id TEXT NOT NULL,
  -- The person who asks: the member itself, or the owner of an agent.
  asked_by TEXT NOT NULL,
  -- What is asked for, as a rule that names the server by slug.
  rule TEXT NOT NULL,
  -- The server that had the slug then. NULL: none had it.
  server_id TEXT,
  reason TEXT NOT NULL,
  -- Until when access is wished, epoch ms. NULL: without an end.
  wished_end INTEGER,
  -- open, approved, declined, withdrawn or lapsed.
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- When it was closed, the actor that closed it, and the text for its member. NULL while it is open.
  closed_at INTEGER,
  closed_by TEXT,
  answer TEXT,
  -- What was approved, as JSON: {rule, holder, endsAt}. NULL: nothing.
  granted TEXT
);
CREATE UNIQUE INDEX access_requests_open ON access_requests(member_id, rule) WHERE status = 'open';
CREATE INDEX access_requests_by_time ON access_requests(workspace_id, created_at);
CREATE INDEX access_requests_by_member ON access_requests(member_id, created_at);
