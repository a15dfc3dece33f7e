-- The issuer of identities whose assertions have made a grant. NULL: its person has consented, or the token is no grant.
ALTER TABLE tokens ADD COLUMN issuer_id TEXT;

-- 1: an assertion was the first use, and its verified address found the member. It is no binding by a person.
ALTER TABLE member_identities ADD COLUMN by_address INTEGER NOT NULL DEFAULT 0;
