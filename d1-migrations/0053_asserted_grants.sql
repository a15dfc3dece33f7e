-- The issuer of identities whose assertions have made a grant. NULL: its person has consented, or the token is no grant.
ALTER TABLE tokens ADD COLUMN issuer_id TEXT;
