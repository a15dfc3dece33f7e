-- What installations of a server needed before its version, packages or addresses changed: the last 20 states.
CREATE TABLE marketplace_versions (
  id INTEGER PRIMARY KEY,
  -- The server.
  number INTEGER NOT NULL,
  -- As the entry states it; NULL: it does not.
  version TEXT,
  -- Which source stated it; NULL: none stated anything but the name.
  source TEXT,
  -- As the registry states it, epoch ms; NULL: it does not.
  published_at INTEGER,
  -- When a source stated the next state, epoch ms.
  replaced_at INTEGER NOT NULL,
  -- VersionState as JSON. NULL: it was too large.
  state TEXT
);
CREATE INDEX marketplace_versions_by_server ON marketplace_versions(number, id);
