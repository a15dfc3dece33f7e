-- Whether identity assertions of the issuer give clients access. NULL: as its kind says, which is yes for an issuer of assertions,
-- and no for the company's provider, whose sign-in does not need it.
ALTER TABLE identity_issuers ADD COLUMN accepts_assertions INTEGER;

-- What the company's provider gave with a member's last sign-in, sealed: by it the gateway asks for identity assertions for servers.
-- It goes with the identity (so with the member) and with the provider.
CREATE TABLE company_tokens (
  workspace_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  issuer_id TEXT NOT NULL REFERENCES identity_issuers (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  -- The ID token and the refresh token, sealed with the workspace's data key.
  sealed TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, issuer, subject),
  FOREIGN KEY (workspace_id, issuer, subject) REFERENCES member_identities (workspace_id, issuer, subject) ON DELETE CASCADE
);
CREATE INDEX company_tokens_by_member ON company_tokens (member_id);
CREATE INDEX company_tokens_by_issuer ON company_tokens (issuer_id);
