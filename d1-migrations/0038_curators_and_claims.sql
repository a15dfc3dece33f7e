-- Whether a user curates the marketplace in the dashboard, as the operator key can. Only the operator decides who does: to
-- hide a server, or to recommend one, speaks for the operator.
ALTER TABLE users ADD COLUMN curates_marketplace INTEGER NOT NULL DEFAULT 0;
-- What the user of a setup link gets.
ALTER TABLE sign_in_links ADD COLUMN curates_marketplace INTEGER NOT NULL DEFAULT 0;

-- A user's id, or `operator`.
ALTER TABLE marketplace_hidden ADD COLUMN hidden_by TEXT NOT NULL DEFAULT 'operator';
-- NULL while the report is open.
ALTER TABLE marketplace_reports ADD COLUMN closed_by TEXT;
UPDATE marketplace_reports SET closed_by = 'operator' WHERE status <> 'open';

-- People who claim namespaces of the marketplace by a line in a file that the owner of a domain or account can publish.
CREATE TABLE marketplace_claims (
  -- In lower case.
  namespace TEXT NOT NULL,
  user_id TEXT NOT NULL,
  -- The line to publish.
  proof TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- NULL: not proven, or not any more.
  claimed_at INTEGER,
  checked_at INTEGER,
  -- How many checks in a row have not found the line.
  missing INTEGER NOT NULL,
  -- Since when the host has not responded; NULL: it has.
  unreachable_since INTEGER,
  -- When the operator withdrew it; NULL: the operator has not.
  withdrawn_at INTEGER,
  -- NULL: it does not stand.
  next_check_at INTEGER,
  PRIMARY KEY (namespace, user_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX marketplace_claims_standing ON marketplace_claims(namespace) WHERE claimed_at IS NOT NULL;
CREATE INDEX marketplace_claims_due ON marketplace_claims(next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX marketplace_claims_by_user ON marketplace_claims(user_id);
