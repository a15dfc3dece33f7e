-- The identities of members that were removed: at the company's sign-in, they do not become new members by themselves.
CREATE TABLE former_identities (
  workspace_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  -- The removed member. Not a foreign key.
  member_id TEXT NOT NULL,
  removed_at INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, issuer, subject)
);
