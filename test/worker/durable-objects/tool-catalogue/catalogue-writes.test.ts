import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../../workers/contract/units.ts";
import { readTools } from "../../support/admit-request.ts";
import { later } from "../../support/clock.ts";
import { bindings } from "../../support/gateway-client.ts";
import { makeListedWorkspace } from "../../support/listed-servers.ts";

const TABLES = ["catalogues", "catalogue_items", "checks"];
const LISTS = {
  tools: ["a", "b"],
  prompts: ["p"],
  resources: ["x://1"],
  resourceTemplates: ["x://{id}"],
  introduction: {
    capabilities: { resources: { subscribe: true }, prompts: {}, tools: { listChanged: true } },
    instructions: "Use a\u200b before b.",
  },
};

/** Has SQLite note each written row of the tables; the result returns the notes so far, and deletes them. */
async function watchWrites(slug: string): Promise<() => Promise<string[]>> {
  const stub = bindings.WORKSPACES.getByName(slug);
  await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    sql.exec("CREATE TABLE notes (note TEXT)");
    for (const table of TABLES)
      for (const change of ["INSERT", "UPDATE", "DELETE"])
        sql.exec(
          `CREATE TRIGGER note_${change}_${table} AFTER ${change} ON ${table}
           BEGIN INSERT INTO notes VALUES ('${change} ${table}'); END`,
        );
  });
  return () =>
    runInDurableObject(stub, (_instance, { storage: { sql } }) => {
      const rows = sql.exec<{ note: string }>("SELECT note FROM notes ORDER BY rowid").toArray();
      sql.exec("DELETE FROM notes");
      return rows.map(({ note }) => note);
    });
}

const evict = (slug: string) => evictDurableObject(bindings.WORKSPACES.getByName(slug));

describe("the stored tool catalogue", () => {
  test("an object that is constructed again writes nothing for servers with the same lists, and keeps its own", async () => {
    const slug = "writes-nothing";
    const { client, add, list, names } = await makeListedWorkspace(slug);
    await add("one", LISTS);
    await add("two", { tools: ["c"] });
    expect(await names()).toEqual(["a", "b", "c"]);
    const readWrites = await watchWrites(slug);
    await evict(slug);
    const { etag } = await readTools(client, null);
    await list("one", LISTS);
    await list("two", {});
    expect(await readWrites()).toEqual([]);
    expect(await readTools(client, etag)).toEqual({ etag, items: null, nextCursor: null });
  });

  test("of 500 tools, one that changes writes one row", async () => {
    const slug = "writes-one";
    const tools: unknown[] = Array.from({ length: 500 }, (_, i) => `tool-${i}`);
    const { client, add, list, names } = await makeListedWorkspace(slug);
    await add("one", { tools });
    expect(await names()).toHaveLength(500);
    const readWrites = await watchWrites(slug);
    const { etag } = await readTools(client, null);
    tools[250] = { name: "tool-250", description: "new", inputSchema: { type: "object" } };
    await list("one", { tools });
    expect(await readWrites()).toEqual(["UPDATE catalogue_items"]);
    expect((await readTools(client, etag)).items).toContain('"description":"new"');
  });

  test("items that come, go or move write no row of another item, and keep their order after an eviction", async () => {
    const slug = "writes-order";
    const { add, list, names } = await makeListedWorkspace(slug);
    await add("one", { tools: ["a", "b", "c", "d"] });
    expect(await names()).toEqual(["a", "b", "c", "d"]);
    const readWrites = await watchWrites(slug);
    const change = async (...tools: string[]) => {
      await list("one", { tools });
      expect(await names()).toEqual(tools);
      const writes = await readWrites();
      await evict(slug);
      expect(await names()).toEqual(tools);
      // Waits for the refresh that the new object has begun.
      await list("one", {});
      return writes;
    };
    expect(await change("d", "a", "b", "c")).toEqual(["UPDATE catalogues"]);
    expect(await change("d", "a", "x", "c")).toEqual([
      "DELETE catalogue_items",
      "INSERT catalogue_items",
      "UPDATE catalogues",
    ]);
    expect(await change("a", "x")).toEqual([
      "DELETE catalogue_items",
      "DELETE catalogue_items",
      "UPDATE catalogues",
    ]);
    expect(await change("a", "x", "y")).toEqual(["INSERT catalogue_items"]);
  });

  test("a check that succeeds again is stored once in ten minutes, and a failed one at once", async () => {
    const slug = "writes-checks";
    const { add, list, names } = await makeListedWorkspace(slug);
    await add("one", LISTS);
    await names();
    const readWrites = await watchWrites(slug);
    await list("one", LISTS);
    expect(await readWrites()).toEqual([]);
    await later(11 * MINUTE_MS, async () => {
      await list("one", LISTS);
      expect(await readWrites()).toEqual(["INSERT checks"]);
      for (const failing of [["tools/list"], []]) {
        await list("one", { failing });
        expect(await readWrites()).toEqual(["INSERT checks"]);
      }
      await list("one", { failing: [] });
      expect(await readWrites()).toEqual([]);
    });
  });
});
