-- Figures of repositories and packages: stars, downloads, releases and others (docs/marketplace.md, "Signals").
CREATE TABLE marketplace_signals (
  -- `github`, `npm` or `pypi`.
  service TEXT NOT NULL,
  -- A repository as `owner/name` in lower case, or the name of a package.
  subject TEXT NOT NULL,
  -- Epoch ms. First of all those with 0, which a reader waits for, then those with 1, which are new or have changed.
  next_check_at INTEGER NOT NULL,
  -- When the service last said what `detail` and `is_gone` have, epoch ms; NULL: it never has.
  checked_at INTEGER,
  -- The service has no such public repository or package.
  is_gone INTEGER NOT NULL,
  -- The figures as JSON (workers/marketplace/signals/figures.ts). NULL: they are not known.
  detail TEXT,
  PRIMARY KEY (service, subject)
) WITHOUT ROWID;
CREATE INDEX marketplace_signals_due ON marketplace_signals(service, next_check_at);

-- Which repositories and packages a server has.
CREATE TABLE marketplace_subjects (
  service TEXT NOT NULL,
  subject TEXT NOT NULL,
  -- The server.
  number INTEGER NOT NULL,
  PRIMARY KEY (service, subject, number)
) WITHOUT ROWID;
CREATE INDEX marketplace_subjects_by_server ON marketplace_subjects(number);

-- Work that is done in steps for ever: the requests to each service, and the nightly scores.
CREATE TABLE marketplace_jobs (
  name TEXT PRIMARY KEY,
  -- Increases with each step. A queue message of another step is not of the job's present.
  step INTEGER NOT NULL,
  -- Epoch ms. The cron begins a step that is due then, or goes on after one that has not ended by then.
  next_step_at INTEGER NOT NULL,
  -- Of the scores: the last server that is done.
  cursor INTEGER NOT NULL,
  -- Failures in a row, and the last one in words.
  attempt INTEGER NOT NULL,
  problem TEXT
) WITHOUT ROWID;
INSERT INTO marketplace_jobs VALUES
  ('github', 0, 0, 0, 0, NULL), ('npm', 0, 0, 0, 0, NULL), ('pypi', 0, 0, 0, 0, NULL), ('scores', 0, 0, 0, 0, NULL);
