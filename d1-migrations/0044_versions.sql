-- The versions of workspaces' configurations, each stored in the batch of the change that makes it.
CREATE TABLE workspace_versions (
  workspace_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  -- The audit event of the change; null: the state before the first change of which versions are kept.
  event_id TEXT,
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- 1: `parts` lists all parts. 0: those that differ from the version before.
  is_whole INTEGER NOT NULL,
  -- As JSON: [kind, id, digest], the digest null for a part that is gone.
  parts TEXT NOT NULL,
  PRIMARY KEY (workspace_id, number)
) WITHOUT ROWID;

-- The documents of the parts, by SHA-256: each state of an entity is stored once. No secret, sealed or not.
CREATE TABLE version_parts (
  workspace_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (workspace_id, digest)
);
