-- The names of removed members, for as long as the audit log has rows of them.
CREATE TABLE former_members (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- The user who signed in as this member; NULL: none, or not known.
  user_id TEXT,
  removed_at INTEGER NOT NULL
);
CREATE INDEX former_members_by_workspace ON former_members (workspace_id, user_id);

-- What the audit log still has of members who were removed before. With max(), the other columns are of the row that has it.
INSERT INTO former_members
  SELECT substr(object, 8), workspace_id, detail ->> 'name',
    (SELECT joined.detail ->> 'userId' FROM audit_events AS joined
      WHERE joined.workspace_id = removed.workspace_id AND joined.object = removed.object
        AND joined.action IN ('member.created', 'member.joined') AND joined.detail ->> 'userId' IS NOT NULL LIMIT 1),
    max(occurred_at)
  FROM audit_events AS removed
  WHERE action = 'member.deleted' AND detail ->> 'name' IS NOT NULL
  GROUP BY object;

-- The rule that decided on a call. NULL: not recorded.
ALTER TABLE mcp_tool_calls ADD COLUMN rule TEXT;

-- Views of the audit log that members have saved.
CREATE TABLE saved_views (
  id TEXT PRIMARY KEY,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- The search parameters of the page, without a question mark.
  search TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX saved_views_by_member ON saved_views (member_id);
