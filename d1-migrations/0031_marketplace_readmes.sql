-- READMEs of repositories, kept for a day since they were last asked for (docs/marketplace.md, "README").
CREATE TABLE marketplace_readmes (
  -- Host, owner, name and folder (workers/marketplace/identity.ts).
  repository TEXT PRIMARY KEY,
  -- From when on the next reader has it fetched again, epoch ms.
  next_fetch_at INTEGER NOT NULL,
  -- Until when no other request fetches it, epoch ms.
  lease_until INTEGER NOT NULL,
  -- When the text was fetched, or was found to be missing, epoch ms; NULL: neither has succeeded.
  fetched_at INTEGER,
  -- Of the stored text, for the limit of all.
  bytes INTEGER NOT NULL,
  -- Of the README; 0: there is none. NULL: not known.
  chars INTEGER,
  is_cut INTEGER NOT NULL,
  -- Why the last fetch brought no text; NULL: it did.
  problem TEXT,
  -- The page of the file that a person opens.
  source_url TEXT,
  text TEXT
);
-- By which the oldest are deleted; it has all that the clean-up reads.
CREATE INDEX marketplace_readmes_by_age ON marketplace_readmes(next_fetch_at, bytes);

-- Servers that resemble a well-known one (workers/marketplace/look-alike.ts).
CREATE TABLE marketplace_look_alikes (
  -- The server.
  number INTEGER PRIMARY KEY,
  -- The name of the well-known one, and what resembles it.
  resembles TEXT NOT NULL,
  part TEXT NOT NULL
);

-- One row: how far the comparison of all servers is.
CREATE TABLE marketplace_comparison (
  id INTEGER PRIMARY KEY,
  -- Days since 1970-01-01, UTC.
  day INTEGER NOT NULL,
  -- The id of the last listing that was compared; NULL: none was.
  cursor INTEGER
);
INSERT INTO marketplace_comparison VALUES (1, 0, NULL);
