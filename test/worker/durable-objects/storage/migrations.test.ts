import { createHash } from "node:crypto";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  migrate,
  MIGRATIONS,
  readSchemaVersion,
  UnknownSchemaVersion,
  type Migration,
} from "../../../../durable-objects/storage/migrations.ts";
import {
  bindings,
  callTool,
  makeMember,
  makeWorkspace,
  rpc,
} from "../../support/gateway-client.ts";
import { crash } from "../../support/workspace-object.ts";

/** SHA-256 of each released migration's SQL. A new migration appends its hash; a hash here never changes. */
const RELEASED = [
  "a835b68397c6a483ad35389e4a2838ed4d63929b036c11d8df6ffadcada1e067",
  "e20ff70f456e3a97c545bfc173754f8ed780b1f4fcf4f958e1a6686ccb3fe513",
  "4c369e5965861a7ff5782e79bd5b861f841cd77bc60b869d46b7653f03933f91",
  "3c069621d861c3167e4b3de582bdf447518093932d4e4729f381dfc3e112111d",
  "c6801ce0fef91cd5faddc570b157ce106d9d31e4920802b62240c159b1f33c3e",
  "45b1dd948fd13daf384baf97152dcdd8ae331216552dfc6b5628b545d435c54f",
  "9ac8d3e0cde97de865f692a4ed49c56535de1dee08ee43ea35db88a156a96407",
  "2cb586b7d393c663d3f8a998160126f796df2760d97e138025d99cfcea0eada3",
  "9e437b1f12a58272721048afc91f6990fbff244a04be646a3bcf20645908e1aa",
  "a542df383fd0b64256f4a026e000b3497fcc46fa607e26c23a64fa1c4a5347ce",
  "6e23043387603b244d24c91ce8761069b6d8ee9c3e1123ec61e80b5f7d5e60de",
  "919a10c6a6aa683ce48378758c9d4edb6cbca4948b0f5bf18b6c0eecc0428d51",
  "0dd4997b0ec56d13d12e47a5e14e057c9370df143b2f22aeb5587cf07c432a60",
];

const LATEST = MIGRATIONS.length;

/** Runs against the storage of a Workspace object. */
function inObject<T>(slug: string, work: (state: DurableObjectState) => T | Promise<T>) {
  const stub = bindings.WORKSPACES.getByName(slug);
  return runInDurableObject(stub, (_instance, state) => work(state));
}

function listTables({ storage }: DurableObjectState): string[] {
  const rows = storage.sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  );
  return [...rows].map(({ name }) => name);
}

describe("migrations of the Workspace object", () => {
  test("migrations are numbered from 1 without gaps, and a released one is never edited", () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(RELEASED.map((_, i) => i + 1));
    const hashes = MIGRATIONS.map(({ sql }) => createHash("sha256").update(sql).digest("hex"));
    expect(hashes).toEqual(RELEASED);
  });

  test("an object that was never used has no table, and a request for an unknown slug creates none", async () => {
    await rpc({ slug: "never-used", token: "mng_unknown" }, "ping");
    const tables = await inObject("never-used", listTables);
    expect(tables).toEqual([]);
  });

  test("the object of a new workspace has all tables at the latest version", async () => {
    await makeWorkspace("migrated-new", {});
    await inObject("migrated-new", (state) => {
      expect(readSchemaVersion(state.storage.sql)).toBe(LATEST);
      expect(listTables(state).toSorted()).toEqual([
        "catalogue_items",
        "catalogues",
        "checks",
        "connection_tokens",
        "contracts",
        "entities",
        "meta",
        "name_claims",
        "name_owners",
        "new_tools",
        "open_calls",
        "outbox",
        "rate_windows",
        "skill_items",
        "skill_owners",
        "stream_resources",
        "subscribed_sessions",
        "subscriptions",
        "told_changes",
        "upstream_sessions",
      ]);
    });
  });

  test("an object at an older version gets the missing migrations and keeps its data", async () => {
    await inObject("migrated-old", ({ storage }) => {
      migrate(storage);
      storage.sql.exec("INSERT INTO checks VALUES ('srv_1', '{}')");
      const next: Migration = {
        version: LATEST + 1,
        sql: "ALTER TABLE checks ADD COLUMN note TEXT NOT NULL DEFAULT 'none'",
      };
      migrate(storage, [...MIGRATIONS, next]);
      expect(readSchemaVersion(storage.sql)).toBe(LATEST + 1);
      const rows = storage.sql.exec("SELECT * FROM checks").toArray();
      expect(rows).toEqual([{ server_id: "srv_1", json: "{}", note: "none" }]);
      // Applied migrations are not applied again.
      migrate(storage, [...MIGRATIONS, next]);
      // After a rollback of the Worker.
      migrate(storage);
      expect(readSchemaVersion(storage.sql)).toBe(LATEST + 1);
    });
  });

  test("an object whose copy has rules by slug reads them from D1 again", async () => {
    await makeWorkspace("migrated-rules");
    const member = { slug: "migrated-rules", ...(await makeMember("migrated-rules", ["ok:echo"])) };
    await crash("migrated-rules", async () => {
      await inObject("migrated-rules", ({ storage: { sql } }) => {
        sql.exec("UPDATE meta SET value = '1' WHERE key = 'schema_version'");
        for (const table of [
          "rate_windows",
          "name_claims",
          "name_owners",
          "new_tools",
          "connection_tokens",
          "contracts",
          "told_changes",
          "skill_items",
          "skill_owners",
          "stream_resources",
          "subscribed_sessions",
        ])
          sql.exec(`DROP TABLE ${table}`);
        sql.exec("DELETE FROM meta WHERE key = 'life'");
        sql.exec("ALTER TABLE outbox DROP COLUMN attempts");
        sql.exec(
          `UPDATE entities SET json = json_set(json_remove(json, '$.isRestricted'), '$.rules', json('["ok:*"]'))
           WHERE kind = 'member'`,
        );
      });
    });
    expect((await callTool(member, "echo")).message.result).toBeDefined();
    const { message } = await callTool(member, "add");
    expect(message.error?.data.reason).toBe("tool_not_allowed");
  });

  test("a migration that fails leaves the object at its old version", async () => {
    await inObject("migrated-not", ({ storage }) => {
      migrate(storage);
      const next = [
        { version: LATEST + 1, sql: "CREATE TABLE notes (id TEXT)" },
        { version: LATEST + 2, sql: "CREATE TABLE notes (id TEXT)" },
      ];
      expect(() => migrate(storage, [...MIGRATIONS, ...next])).toThrow(/already exists/);
      expect(readSchemaVersion(storage.sql)).toBe(LATEST);
      expect(
        storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'notes'").toArray(),
      ).toEqual([]);
    });
  });

  test("an object whose tables have no schema version is refused, and a log line says why", async () => {
    const log = vi.spyOn(console, "log");
    onTestFinished(() => log.mockRestore());
    const client = await makeWorkspace("migrated-unknown");
    await crash("migrated-unknown", async () => {
      await inObject("migrated-unknown", ({ storage: { sql } }) => {
        sql.exec("DELETE FROM meta WHERE key = 'schema_version'");
        expect(() => readSchemaVersion(sql)).toThrow(UnknownSchemaVersion);
        sql.exec("INSERT INTO meta VALUES ('schema_version', 'one')");
      });
    });
    expect((await rpc(client, "tools/list")).response.status).toBe(503);
    expect(log.mock.calls.join()).toMatch(/workspace_not_loaded.*UnknownSchemaVersion/);
  });

  test("an evicted object at the latest version loads its data without a migration", async () => {
    const client = await makeWorkspace("migrated-evicted");
    await callTool(client, "echo");
    await evictDurableObject(bindings.WORKSPACES.getByName("migrated-evicted"));
    expect((await callTool(client, "echo")).message.result).toBeDefined();
    const version = await inObject("migrated-evicted", ({ storage }) =>
      readSchemaVersion(storage.sql),
    );
    expect(version).toBe(LATEST);
  });
});
