import { runInDurableObject, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { bindings } from "../support/gateway-client.ts";

const { TEST_MIGRATIONS: migrations } = env as unknown as { TEST_MIGRATIONS: D1Migration[] };

/** Rows of an earlier release: `ada` and `bo` have rules of a server, of a deleted one and of another workspace's. */
const EARLIER = `
  INSERT INTO workspaces VALUES
    ('ws_1', 'one', 'One', 1, 'open', '{}', 90, '', 0, NULL, 'team', NULL),
    ('ws_2', 'two', 'Two', 1, 'open', '{}', 90, '', 0, NULL, 'team', NULL);
  INSERT INTO servers (id, workspace_id, slug, name, url, position, enabled, headers, credentials, stateful, created_at)
    VALUES ('srv_1', 'ws_1', 'mine', '', '', 0, 1, '{}', '[]', 0, 0), ('srv_2', 'ws_2', 'theirs', '', '', 0, 1, '{}', '[]', 0, 0);
  INSERT INTO members (id, workspace_id, name, role, created_at)
    VALUES ('ada', 'ws_1', '', 'member', 0), ('bo', 'ws_1', '', 'member', 0), ('cy', 'ws_1', '', 'member', 0);
  INSERT INTO rules VALUES ('ada', 'mine', 'echo'), ('ada', 'gone', '*'), ('bo', 'gone', '*'), ('bo', 'theirs', '*');
`;

test("the migration binds rules to their servers, drops those of no server, and leaves no member unrestricted", async () => {
  const stub = bindings.WORKSPACES.getByName("migrates-rules");
  const { rules, members } = await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    // The SQLite of any object is like that of D1.
    const apply = (isApplied: (name: string) => boolean) => {
      for (const { name, queries } of migrations)
        if (isApplied(name)) for (const query of queries) sql.exec(query);
    };
    apply((name) => name < "0008");
    sql.exec(EARLIER);
    apply((name) => name.startsWith("0008"));
    return {
      rules: sql.exec("SELECT * FROM rules").toArray(),
      members: sql.exec("SELECT id, is_restricted FROM members ORDER BY id").toArray(),
    };
  });
  expect(rules).toEqual([{ member_id: "ada", server_id: "srv_1", tool_name: "echo" }]);
  expect(members).toEqual([
    { id: "ada", is_restricted: 1 },
    { id: "bo", is_restricted: 1 },
    { id: "cy", is_restricted: 0 },
  ]);
});
