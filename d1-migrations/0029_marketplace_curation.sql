-- Servers that the operator hides. They have no row in marketplace_servers; their records stay, so that they can come back.
CREATE TABLE marketplace_hidden (
  -- In any case: registries spell names differently.
  name TEXT PRIMARY KEY COLLATE NOCASE,
  -- Shown in the place of the server's page.
  reason TEXT NOT NULL,
  hidden_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Servers that the operator recommends together.
CREATE TABLE marketplace_collections (
  slug TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  -- A starter pack has one configuration for all its servers.
  is_pack INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE marketplace_collection_servers (
  slug TEXT NOT NULL,
  -- From 0.
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (slug, position)
) WITHOUT ROWID;
CREATE INDEX marketplace_collection_servers_by_name ON marketplace_collection_servers(name);

-- The server of each week.
CREATE TABLE marketplace_weeks (
  -- Its Monday, in days since 1970-01-01, UTC.
  week INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  -- Whether the operator has picked it. Otherwise the rule has (workers/marketplace/server-of-the-week.ts).
  is_pick INTEGER NOT NULL,
  decided_at INTEGER NOT NULL
);

-- Reports of wrong data. No row says who sent it.
CREATE TABLE marketplace_reports (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  -- `open`, `resolved` or `dismissed`.
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- NULL while it is open.
  closed_at INTEGER,
  note TEXT
);
CREATE INDEX marketplace_reports_by_status ON marketplace_reports(status, created_at);
CREATE INDEX marketplace_reports_open ON marketplace_reports(name) WHERE status = 'open';
