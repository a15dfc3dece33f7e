-- A rule can deny, and end. `tool_name`: a tool's name, `*` for the whole server, or `*[class]` for its tools of a class.
CREATE TABLE rules_with_terms (
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  -- The default is for a release before, which knows no denials and still runs while this one is deployed.
  denies INTEGER NOT NULL DEFAULT 0,
  tool_name TEXT NOT NULL,
  -- Epoch ms; NULL: it does not end.
  ends_at INTEGER,
  -- When it was added or last changed, and the actor. NULL: not known, for rules of earlier releases.
  since INTEGER,
  granted_by TEXT,
  PRIMARY KEY (member_id, server_id, denies, tool_name)
) WITHOUT ROWID;
INSERT INTO rules_with_terms SELECT member_id, server_id, 0, tool_name, NULL, NULL, NULL FROM rules;
DROP TABLE rules;
ALTER TABLE rules_with_terms RENAME TO rules;
-- For the deletion of a server.
CREATE INDEX rules_by_server ON rules (server_id);

-- Teams of people and agents.
CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  workspace_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- people or directory: who decides who is in it.
  managed_by TEXT NOT NULL,
  -- The directory's id of the group.
  external_id TEXT,
  is_restricted INTEGER NOT NULL,
  rules_version INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX teams_by_workspace ON teams (workspace_id);

CREATE TABLE team_members (
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  PRIMARY KEY (team_id, member_id)
) WITHOUT ROWID;
CREATE INDEX team_members_by_member ON team_members (member_id);

-- Rules of teams, with the columns of `rules`.
CREATE TABLE team_rules (
  team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  denies INTEGER NOT NULL,
  tool_name TEXT NOT NULL,
  ends_at INTEGER,
  since INTEGER,
  granted_by TEXT,
  PRIMARY KEY (team_id, server_id, denies, tool_name)
) WITHOUT ROWID;
CREATE INDEX team_rules_by_server ON team_rules (server_id);
