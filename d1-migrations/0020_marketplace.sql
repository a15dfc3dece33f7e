-- What each source says of each server: a registry, or imported files.
CREATE TABLE marketplace_records (
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  -- The server that it describes.
  number INTEGER NOT NULL,
  -- RegistryEntry as JSON.
  entry TEXT NOT NULL,
  -- Of the entry: an entry that has not changed is not written.
  digest TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  PRIMARY KEY (source, name)
) WITHOUT ROWID;
CREATE INDEX marketplace_records_by_server ON marketplace_records(number);

-- By which records of several sources are found to be of the same server (workers/marketplace/identity.ts).
CREATE TABLE marketplace_keys (
  key TEXT NOT NULL,
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (key, source, name)
) WITHOUT ROWID;
CREATE INDEX marketplace_keys_by_record ON marketplace_keys(source, name);

-- One row for each server, made from its records.
CREATE TABLE marketplace_servers (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  title TEXT,
  description TEXT,
  -- ServerDocument, and the source of each of its fields, as JSON.
  document TEXT NOT NULL,
  provenance TEXT NOT NULL,
  status TEXT NOT NULL,
  status_message TEXT,
  published_at INTEGER,
  updated_at INTEGER,
  -- Score as JSON, and what lists need of it. `grade` NULL: not rated.
  score INTEGER NOT NULL,
  grade TEXT,
  score_detail TEXT NOT NULL,
  scored_at INTEGER NOT NULL
);
CREATE INDEX marketplace_servers_by_name ON marketplace_servers(name);
CREATE INDEX marketplace_servers_by_score ON marketplace_servers(score, number);

-- The texts that are searched; `rowid` is the server's number.
CREATE VIRTUAL TABLE marketplace_search USING fts5(
  name, title, description, packages, tokenize = "unicode61 remove_diacritics 2"
);
