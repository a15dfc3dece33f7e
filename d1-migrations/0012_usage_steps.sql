-- One row for the calls of one member of one tool in one step, instead of eight rows by dimension: a call of its own writes
-- one row. The sums are made again from the calls, which are kept as long.
CREATE TABLE usage_steps (
  workspace_id TEXT NOT NULL,
  -- Length of a step in hours, 1 or 24. `step` counts steps since 1970, UTC. Hours become days after some days.
  hours INTEGER NOT NULL,
  step INTEGER NOT NULL,
  -- '': none.
  server_slug TEXT NOT NULL,
  -- The tool or prompt that was called; '': none.
  tool_name TEXT NOT NULL,
  member_id TEXT NOT NULL,
  calls INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  -- Of a call that was not refused; null: all were.
  last_called_at INTEGER,
  -- Buckets of the latency histogram.
  b0 INTEGER NOT NULL,
  b1 INTEGER NOT NULL,
  b2 INTEGER NOT NULL,
  b3 INTEGER NOT NULL,
  b4 INTEGER NOT NULL,
  b5 INTEGER NOT NULL,
  b6 INTEGER NOT NULL,
  b7 INTEGER NOT NULL,
  b8 INTEGER NOT NULL,
  b9 INTEGER NOT NULL,
  b10 INTEGER NOT NULL,
  b11 INTEGER NOT NULL,
  b12 INTEGER NOT NULL,
  b13 INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, hours, step, server_slug, tool_name, member_id)
) WITHOUT ROWID;

INSERT INTO usage_steps
  SELECT workspace_id, 1, created_at / 3600000, coalesce(server_slug, ''),
    iif(method IN ('tools/call', 'prompts/get'), coalesce(tool_name, ''), ''), coalesce(member_id, ''),
    sum(count), sum(iif(status = 'error', count, 0)), sum(iif(is_refused, count, 0)),
    max(iif(is_refused, NULL, created_at)),
    sum(iif(latency <= 5, count, 0)),
    sum(iif(latency > 5 AND latency <= 10, count, 0)),
    sum(iif(latency > 10 AND latency <= 20, count, 0)),
    sum(iif(latency > 20 AND latency <= 50, count, 0)),
    sum(iif(latency > 50 AND latency <= 100, count, 0)),
    sum(iif(latency > 100 AND latency <= 200, count, 0)),
    sum(iif(latency > 200 AND latency <= 500, count, 0)),
    sum(iif(latency > 500 AND latency <= 1000, count, 0)),
    sum(iif(latency > 1000 AND latency <= 2000, count, 0)),
    sum(iif(latency > 2000 AND latency <= 5000, count, 0)),
    sum(iif(latency > 5000 AND latency <= 10000, count, 0)),
    sum(iif(latency > 10000 AND latency <= 30000, count, 0)),
    sum(iif(latency > 30000 AND latency <= 120000, count, 0)),
    sum(iif(latency > 120000, count, 0))
  FROM (SELECT *, status IN ('blocked', 'rate_limited') AS is_refused,
      iif(status IN ('ok', 'error'), latency_ms, NULL) AS latency
    FROM mcp_tool_calls WHERE status <> 'unknown')
  GROUP BY 1, 3, 4, 5, 6;

DROP TABLE usage;
DROP TABLE member_tool_days;
