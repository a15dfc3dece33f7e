-- The addresses of servers that are probed, with the result of the last probe.
CREATE TABLE marketplace_remotes (
  number INTEGER NOT NULL,
  url TEXT NOT NULL,
  -- With its port: a host gets one request at a time.
  host TEXT NOT NULL,
  -- Epoch ms, as all times.
  next_probe_at INTEGER NOT NULL,
  -- NULL: it was not probed yet.
  probed_at INTEGER,
  -- `listed`, `answered`, `protected`, `failed` or `skipped`.
  outcome TEXT,
  -- The last that are known.
  auth TEXT,
  protocol_version TEXT,
  latency_ms INTEGER,
  -- Why its tools were not listed, in words.
  problem TEXT,
  -- Failed probes in a row, and when the first of them was.
  failures INTEGER NOT NULL,
  failing_since INTEGER,
  -- When its tools were last listed.
  listed_at INTEGER,
  PRIMARY KEY (number, url)
) WITHOUT ROWID;
CREATE INDEX marketplace_remotes_due ON marketplace_remotes(next_probe_at, host);

-- Which tools an address lists. A row is written only when they have changed.
CREATE TABLE marketplace_tools (
  number INTEGER NOT NULL,
  url TEXT NOT NULL,
  -- StoredTool[] as JSON.
  tools TEXT NOT NULL,
  -- The names as words, by which the server is found.
  words TEXT NOT NULL,
  -- Whether each tool has a description.
  is_described INTEGER NOT NULL,
  PRIMARY KEY (number, url)
);

-- What has changed between two probes of an address.
CREATE TABLE marketplace_drift (
  id INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  url TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  tool TEXT,
  detail TEXT
);
CREATE INDEX marketplace_drift_by_server ON marketplace_drift(number, id);
CREATE INDEX marketplace_drift_by_time ON marketplace_drift(at);

-- As workers/db/marketplace-remotes.ts does when a server is stored.
INSERT INTO marketplace_remotes (number, url, host, next_probe_at, failures)
SELECT number, url, lower(substr(rest, 1, instr(rest || '/', '/') - 1)), 0, 0 FROM (
  SELECT s.number AS number, r.value ->> 'url' AS url,
    substr(r.value ->> 'url', instr(r.value ->> 'url', '://') + 3) AS rest
  FROM marketplace_servers AS s, json_each(s.document, '$.remotes') AS r
  WHERE s.status = 'active' AND r.key < 3 AND instr(r.value ->> 'url', '{') = 0
) WHERE true ON CONFLICT DO NOTHING;
