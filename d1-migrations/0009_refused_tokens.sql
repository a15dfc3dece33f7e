-- Requests with a token that is not valid in the workspace, by hour (hours since 1970, UTC).
CREATE TABLE refused_tokens (
  workspace_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, hour)
) WITHOUT ROWID;
-- Failed attempts are counted by address in memory, by the AuthFailures objects.
DROP TABLE sign_in_attempts;
