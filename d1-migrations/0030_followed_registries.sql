-- Registries that a workspace follows: what they name within the pattern is kept as servers of the workspace.
CREATE TABLE followed_registries (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  -- The base of the registry's API.
  url TEXT NOT NULL,
  -- Which names, with * for any characters but a slash.
  pattern TEXT NOT NULL,
  -- The gateway's host at which it was last changed, by which addresses of this gateway are recognised.
  host TEXT NOT NULL,
  -- The registry's token, and values of headers and variables, sealed with the workspace's data key: JSON of SealedSecret[].
  secrets TEXT NOT NULL,
  -- Whether new entries, and changes that do not matter, are applied without a further approval.
  adds_entries INTEGER NOT NULL,
  applies_changes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- The first approval is NULL until an admin has approved a plan of this address and pattern.
  approved_at INTEGER,
  approved_by TEXT,
  -- Increases with each reading and each approval.
  run INTEGER NOT NULL,
  -- Increases with each step. A queue message of another step is not of this run's present.
  step INTEGER NOT NULL,
  -- `idle`, `pages` or `apply`.
  phase TEXT NOT NULL,
  -- Of the next page; empty: the first.
  cursor TEXT NOT NULL,
  pages INTEGER NOT NULL,
  -- If the step has not ended by then, its Worker or its message is lost.
  lease_until INTEGER NOT NULL,
  -- Failed readings in a row, and the last failure in words. NULL: the last reading has succeeded, or there was none.
  attempt INTEGER NOT NULL,
  problem TEXT,
  -- When a reading last succeeded, and when the next one begins, epoch ms.
  checked_at INTEGER,
  next_run_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX followed_registries_by_workspace ON followed_registries(workspace_id);
CREATE INDEX followed_registries_due ON followed_registries(phase, next_run_at);

-- The entries of followed registries that the pattern names, or that are kept as servers.
CREATE TABLE followed_entries (
  follow_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- What the registry says now, as JSON of a FoundEntry; NULL: it has no such entry any more.
  found TEXT,
  -- What it said when the server was made or last changed; NULL: it was not made.
  applied TEXT,
  -- The id of the server or hosted instance; NULL: none was made.
  target TEXT,
  -- The proposal that an admin approved and that waits to be applied, and the one that an admin left out.
  approved TEXT,
  left_out TEXT,
  -- The reading that saw it last, and the run that last tried to apply it.
  seen_run INTEGER NOT NULL,
  tried_run INTEGER NOT NULL,
  -- Why that failed.
  problem TEXT,
  PRIMARY KEY (follow_id, name)
) WITHOUT ROWID;
