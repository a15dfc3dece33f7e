-- What happens when a server shows other definitions than the approved ones: hold, allow_and_tell or allow. Servers that
-- exist before this migration are unchanged.
ALTER TABLE servers ADD COLUMN change_policy TEXT NOT NULL DEFAULT 'allow';
-- The contract in force; NULL: nothing is approved.
ALTER TABLE servers ADD COLUMN contract_digest TEXT;

-- Approved definitions of servers, by the digest of the whole: a row is never changed, and versions of a workspace name it.
CREATE TABLE contracts (
  workspace_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  -- A large manifest has several rows, because a row of D1 has at most 2 MB.
  part INTEGER NOT NULL,
  -- JSON: kinds, keys, digests and approvals in order, without the texts.
  manifest TEXT NOT NULL,
  PRIMARY KEY (workspace_id, digest, part)
);

-- The texts of definitions, by the SHA-256 of the text: contracts share what they have in common.
CREATE TABLE contract_texts (
  workspace_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  -- A large text has several rows.
  part INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (workspace_id, digest, part)
);
