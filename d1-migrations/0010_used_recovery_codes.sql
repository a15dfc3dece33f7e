-- A used recovery code is kept until its user creates new ones: a second use of it becomes an audit event for the owners
-- of the user's workspaces. Null: not used.
ALTER TABLE recovery_codes ADD COLUMN used_at INTEGER;
