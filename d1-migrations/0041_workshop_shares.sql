-- Compositions that people share by a link. None has the value of a secret variable.
CREATE TABLE workshop_shares (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  -- As JSON.
  composition TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX workshop_shares_by_user ON workshop_shares(user_id, expires_at);
CREATE INDEX workshop_shares_expired ON workshop_shares(expires_at);
