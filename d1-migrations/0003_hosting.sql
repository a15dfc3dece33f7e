-- Hosted servers: container hosts, instances and their usage. Times are epoch milliseconds, booleans 0 or 1.

CREATE TABLE hosts (
  id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  -- Ed25519 key, `x` of its JWK. It verifies the proof that the service at the URL is this host.
  public_key TEXT NOT NULL,
  is_draining INTEGER NOT NULL,
  -- Its last status report, JSON.
  report TEXT,
  checked_at INTEGER,
  problem TEXT,
  created_at INTEGER NOT NULL
);

CREATE TABLE instances (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT,
  catalogue_id TEXT NOT NULL,
  profile TEXT NOT NULL,
  host_id TEXT,
  state TEXT NOT NULL,
  reason TEXT,
  health TEXT NOT NULL,
  -- JSON: names in clear text, values sealed with the workspace's key for this instance.
  variables TEXT NOT NULL,
  running_at INTEGER,
  restarts INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (workspace_id, slug)
);
CREATE INDEX instances_by_host ON instances (host_id);

-- JSON: the instance of a hosted server, and its host. NULL: the server is not hosted.
ALTER TABLE servers ADD COLUMN hosted TEXT;

ALTER TABLE workspaces ADD COLUMN plan TEXT NOT NULL DEFAULT 'team';
-- NULL: the limit of the plan.
ALTER TABLE workspaces ADD COLUMN max_instances INTEGER;

-- A host's counters at the last reading: the next reading is counted from them.
CREATE TABLE instance_meters (
  instance_id TEXT NOT NULL,
  host_id TEXT NOT NULL,
  running_seconds REAL NOT NULL,
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  egress_bytes INTEGER NOT NULL,
  PRIMARY KEY (instance_id, host_id)
) WITHOUT ROWID;

-- Usage by day (days since 1970, UTC). It is kept when the instance is deleted.
CREATE TABLE instance_days (
  instance_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  workspace_id TEXT NOT NULL,
  slug TEXT NOT NULL,
  running_seconds REAL NOT NULL,
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  egress_bytes INTEGER NOT NULL,
  PRIMARY KEY (instance_id, day)
) WITHOUT ROWID;
CREATE INDEX instance_days_by_workspace ON instance_days (workspace_id, day);
