-- What people are notified of. Producers write only here, in the transaction of what happened; a trigger sends it.
CREATE TABLE alerts (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  -- What is one alert: the same again within the time that the key names only counts.
  key TEXT NOT NULL,
  -- Names and numbers as JSON. Never an argument, a result, a secret or a text of a server.
  detail TEXT NOT NULL,
  count INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- When its deliveries were made. NULL: not yet.
  spread_at INTEGER
);
CREATE UNIQUE INDEX alerts_by_key ON alerts (workspace_id, kind, key);
CREATE INDEX alerts_to_spread ON alerts (created_at) WHERE spread_at IS NULL;
CREATE INDEX alerts_by_time ON alerts (workspace_id, created_at);

-- Where a workspace's alerts are sent: webhooks, and incoming webhooks of Slack.
CREATE TABLE alert_channels (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Address and signing secret as JSON, sealed with the workspace's data key.
  target TEXT NOT NULL,
  -- The host of the address, to show it.
  host TEXT NOT NULL,
  -- The kinds of alerts, as JSON.
  kinds TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
);
CREATE INDEX alert_channels_by_workspace ON alert_channels (workspace_id);

-- The kinds that a person wants by e-mail, as JSON. Without a row, the kinds of the role.
CREATE TABLE alert_choices (
  member_id TEXT PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
  kinds TEXT NOT NULL
);

CREATE TABLE alert_deliveries (
  alert_id TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  -- The id of the channel, or of the member who gets an e-mail.
  target TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  -- webhook, slack or mail.
  way TEXT NOT NULL,
  -- waiting, sent, failed or dropped.
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  -- When it is tried next, epoch ms.
  next_at INTEGER NOT NULL,
  -- Why the last attempt failed. NULL: it did not.
  problem TEXT,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (alert_id, target)
);
CREATE INDEX alert_deliveries_waiting ON alert_deliveries (target, created_at) WHERE state = 'waiting';

-- The names of clients that a workspace has seen: another one is an alert.
CREATE TABLE seen_clients (
  workspace_id TEXT NOT NULL,
  name TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, name)
);
INSERT INTO seen_clients
  SELECT workspace_id, substr(last_client_name, 1, 100), min(created_at) FROM tokens WHERE last_client_name IS NOT NULL
  GROUP BY workspace_id, substr(last_client_name, 1, 100);
