-- The number of changes of a member's rules, so that a change that was made against an older state can be refused.
ALTER TABLE members ADD COLUMN rules_version INTEGER NOT NULL DEFAULT 0;
