-- Installs of marketplace servers by day and client. No row says who installed something.
CREATE TABLE marketplace_installs (
  -- Days since 1970-01-01, UTC.
  day INTEGER NOT NULL,
  name TEXT NOT NULL,
  client TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (name, day, client)
) WITHOUT ROWID;
CREATE INDEX marketplace_installs_by_day ON marketplace_installs(day, name, count);

-- Which visits of a day are counted: a digest of the day's salt, the server, and the visitor's address and browser.
CREATE TABLE marketplace_install_visits (
  day INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (day, digest)
) WITHOUT ROWID;

-- The day's salt. Without it, a digest says nothing: it is deleted with the digests.
CREATE TABLE marketplace_install_days (
  day INTEGER PRIMARY KEY,
  salt TEXT NOT NULL,
  visits INTEGER NOT NULL
);
