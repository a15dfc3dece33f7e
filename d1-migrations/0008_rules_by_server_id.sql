-- A rule is bound to its server by id and goes with it, so that it never applies to another server that has the slug
-- later. Rules that name no server of their workspace are dropped.
CREATE TABLE bound_rules (
  member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
  server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  tool_name TEXT NOT NULL,
  PRIMARY KEY (member_id, server_id, tool_name)
) WITHOUT ROWID;
INSERT INTO bound_rules
  SELECT rules.member_id, servers.id, rules.tool_name
  FROM rules
  JOIN members ON members.id = rules.member_id
  JOIN servers ON servers.workspace_id = members.workspace_id AND servers.slug = rules.server_slug;

-- Whether only the rules decide, even if there are none any more. 0: the member never had one.
ALTER TABLE members ADD COLUMN is_restricted INTEGER NOT NULL DEFAULT 0;
UPDATE members SET is_restricted = 1 WHERE id IN (SELECT member_id FROM rules);

DROP TABLE rules;
ALTER TABLE bound_rules RENAME TO rules;
-- For the deletion of a server.
CREATE INDEX rules_by_server ON rules (server_id);
