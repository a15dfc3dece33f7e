import { runInDurableObject, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { bindings } from "../support/gateway-client.ts";

const { TEST_MIGRATIONS: migrations } = env as unknown as { TEST_MIGRATIONS: D1Migration[] };

/** Tokens of an earlier release, and what the audit log still has of them. */
const EARLIER = `
  INSERT INTO workspaces VALUES ('ws_1', 'one', 'One', 1, 'open', '{}', 90, '', 0, NULL, 'team', NULL);
  INSERT INTO tokens (id, workspace_id, label, digest, last_four, created_at)
    VALUES ('tok_1', 'ws_1', '', '1', '', 0), ('tok_2', 'ws_1', '', '2', '', 0),
      ('tok_3', 'ws_1', '', '3', '', 0), ('tok_4', 'ws_1', '', '4', '', 0);
  INSERT INTO api_keys (id, workspace_id, label, role, digest, last_four, created_by, created_at)
    VALUES ('key_1', 'ws_1', '', 'admin', '', '', 'usr_key', 0);
  INSERT INTO audit_events (id, workspace_id, actor, action, object, detail, occurred_at) VALUES
    ('evt_1', 'ws_1', 'usr_a', 'token.created', 'token:tok_1', '{}', 1),
    ('evt_2', 'ws_1', 'usr_a', 'token.created', 'token:tok_2', '{}', 2),
    ('evt_3', 'ws_1', 'key_1', 'token.created', 'token:tok_3', '{}', 3),
    ('evt_4', 'ws_1', 'usr_b', 'token.rotated', 'token:tok_2', '{}', 4),
    ('evt_5', 'ws_1', 'usr_c', 'token.revoked', 'token:tok_2', '{}', 5);
`;

test("the migration takes who made a token from the audit log, as far as it goes back", async () => {
  const stub = bindings.WORKSPACES.getByName("migrates-creators");
  const rows = await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    // The SQLite of any object is like that of D1.
    const apply = (isApplied: (name: string) => boolean) => {
      for (const { name, queries } of migrations)
        if (isApplied(name)) for (const query of queries) sql.exec(query);
    };
    apply((name) => name < "0013");
    sql.exec(EARLIER);
    apply((name) => name.startsWith("0013"));
    return sql.exec("SELECT id, created_by FROM tokens ORDER BY id").toArray();
  });
  expect(rows).toEqual([
    { id: "tok_1", created_by: "usr_a" },
    { id: "tok_2", created_by: "usr_b" },
    { id: "tok_3", created_by: "usr_key" },
    { id: "tok_4", created_by: null },
  ]);
});
