-- The issuers whose identities a workspace accepts: the company's OpenID provider (kind `openid`), and issuers of identity
-- assertions (kind `assertions`). An issuer belongs to one workspace.
CREATE TABLE identity_issuers (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Compared exactly with `iss`.
  issuer TEXT NOT NULL,
  client_id TEXT,
  -- Sealed with the workspace's data key.
  client_secret TEXT,
  settings TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
);
CREATE UNIQUE INDEX identity_issuers_by_issuer ON identity_issuers (workspace_id, issuer);

-- Which member an issuer's subject is. A person is bound to issuer and subject, never to an address alone.
CREATE TABLE member_identities (
  workspace_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  -- The address that the issuer gave then, for display and to notice another subject with it.
  email TEXT,
  pinned_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, issuer, subject)
);
CREATE INDEX member_identities_by_member ON member_identities (member_id);

-- A session that a company's sign-in began reaches only that workspace, and ends with that issuer. Null: any other sign-in.
ALTER TABLE sessions ADD COLUMN workspace_id TEXT;
ALTER TABLE sessions ADD COLUMN issuer_id TEXT;
CREATE INDEX sessions_by_issuer ON sessions (issuer_id) WHERE issuer_id IS NOT NULL;
