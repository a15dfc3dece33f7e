-- Registries that the marketplace is synced with.
CREATE TABLE marketplace_sources (
  name TEXT PRIMARY KEY,
  -- `registry`, or `hosted`: the servers that container hosts can run, which come with the release.
  kind TEXT NOT NULL,
  -- The base of the registry's API. NULL: it is built in.
  url TEXT,
  is_enabled INTEGER NOT NULL,
  -- Epoch ms. A run begins once `next_run_at` has passed; it is a sweep if `next_sweep_at` has passed, too.
  next_run_at INTEGER NOT NULL,
  next_sweep_at INTEGER NOT NULL,
  -- When the last run that succeeded began, epoch ms; NULL: none has.
  synced_at INTEGER
) WITHOUT ROWID;
INSERT INTO marketplace_sources VALUES ('official', 'registry', NULL, 1, 0, 0, NULL);
INSERT INTO marketplace_sources VALUES ('mcpnest', 'hosted', NULL, 1, 0, 0, NULL);

CREATE TABLE marketplace_runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  -- `update`: what has changed; `sweep`: all servers; `removal`: deletes the source with its records.
  kind TEXT NOT NULL,
  -- `running`, `done` or `failed`.
  state TEXT NOT NULL,
  -- `pages`, then `end`, in which sweeps and removals delete records.
  phase TEXT NOT NULL,
  -- Increases with each step. A queue message of another step is not of this run's present.
  step INTEGER NOT NULL,
  -- Of the next page; empty: the first.
  cursor TEXT NOT NULL,
  -- Only servers that have changed since, epoch ms; NULL: all.
  since INTEGER,
  -- Whether a sweep deletes servers also if it misses more than half of them.
  accepts_loss INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  -- If the step has not ended by then, its Worker or its message is lost.
  lease_until INTEGER NOT NULL,
  ended_at INTEGER,
  pages INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  -- Failures of the present step.
  attempt INTEGER NOT NULL,
  -- The last failure, in words; of a run that is done: what it has left undone.
  problem TEXT
);
-- A source has one run at a time.
CREATE UNIQUE INDEX marketplace_runs_running ON marketplace_runs(source) WHERE state = 'running';
CREATE INDEX marketplace_runs_by_source ON marketplace_runs(source, number);

-- The pages that a run has stored, until it ends.
CREATE TABLE marketplace_run_pages (
  run INTEGER NOT NULL,
  -- With which the page was requested; empty: the first.
  cursor TEXT NOT NULL,
  -- Of the servers on it, as a JSON list, if the run is a sweep.
  names TEXT NOT NULL,
  PRIMARY KEY (run, cursor)
) WITHOUT ROWID;

-- Entries that were left out.
CREATE TABLE marketplace_rejections (
  run INTEGER NOT NULL,
  -- Both from 0.
  page INTEGER NOT NULL,
  position INTEGER NOT NULL,
  name TEXT,
  reason TEXT NOT NULL,
  PRIMARY KEY (run, page, position)
) WITHOUT ROWID;
