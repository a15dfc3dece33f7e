-- Whether the workspace's registry can be read without a token.
ALTER TABLE workspaces ADD COLUMN public_registry INTEGER NOT NULL DEFAULT 0;

-- When a person last changed the server; NULL: not since this column is here.
ALTER TABLE servers ADD COLUMN changed_at INTEGER;
