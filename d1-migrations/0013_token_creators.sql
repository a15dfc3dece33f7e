-- Who created a token or last rotated it, and so has seen its value: a user's id, that of an API key's creator, or
-- `operator`. NULL: not known.
ALTER TABLE tokens ADD COLUMN created_by TEXT;

-- What the audit log still has of tokens that exist already. With max(), the other columns are of the row that has it.
UPDATE tokens SET created_by = coalesce((SELECT created_by FROM api_keys WHERE id = last.actor), last.actor)
FROM (SELECT object, actor, max(seq) FROM audit_events WHERE action IN ('token.created', 'token.rotated') GROUP BY object)
  AS last
WHERE last.object = 'token:' || tokens.id;
