import { runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { bindings, callTool, change, makeWorkspace, rpc } from "../../support/gateway-client.ts";

afterEach(() => void vi.restoreAllMocks());

/** D1 as the Worker and its objects share it, so that one fault reaches them all. */
const database: Pick<D1Database, "batch" | "prepare"> = Object.getPrototypeOf(bindings.DB);

test("while D1 fails, a change is refused as perhaps stored, the next one as not done, and calls continue", async () => {
  const client = await makeWorkspace("d1-away");
  vi.spyOn(database, "batch").mockRejectedValue(new Error("D1 is down"));
  const stub = bindings.WORKSPACES.getByName("d1-away");
  const revoke = () => stub.change({ type: "token.revoke", id: client.tokenId }, "test", null);
  const refused = (message: RegExp) => ({
    ok: false,
    refusal: { code: "unavailable", message: expect.stringMatching(message) },
  });
  expect(await revoke()).toMatchObject(refused(/may or may not be stored/));
  vi.spyOn(database, "prepare").mockImplementation(() => {
    throw new Error("D1 is down");
  });
  expect(await revoke()).toMatchObject(refused(/nothing was changed/));
  expect((await callTool(client, "echo")).message.result).toBeDefined();
  vi.restoreAllMocks();
  await change("d1-away", { type: "token.revoke", id: client.tokenId });
  expect((await callTool(client, "echo")).response.status).toBe(401);
});

test("a change that reached D1 without a confirmation is in force within seconds", async () => {
  const client = await makeWorkspace("d1-silent");
  const { batch } = database;
  vi.spyOn(database, "batch").mockImplementation(async function (this: D1Database, statements) {
    await batch.call(this, statements);
    throw new Error("the response is lost");
  });
  const stub = bindings.WORKSPACES.getByName("d1-silent");
  const outcome = await stub.change({ type: "token.revoke", id: client.tokenId }, "test", null);
  expect(outcome.ok).toBe(false);
  vi.restoreAllMocks();
  await vi.waitFor(async () => expect((await rpc(client, "ping")).response.status).toBe(401), {
    timeout: 10_000,
    interval: 200,
  });
});

test("a deletion that reached D1 without a confirmation is in force within seconds", async () => {
  const client = await makeWorkspace("d1-silent-deletion");
  const { batch } = database;
  vi.spyOn(database, "batch").mockImplementation(async function (this: D1Database, statements) {
    await batch.call(this, statements);
    throw new Error("the answer is lost");
  });
  const stub = bindings.WORKSPACES.getByName("d1-silent-deletion");
  const outcome = await stub.change({ type: "workspace.delete" }, "test", null);
  expect(outcome.ok).toBe(false);
  vi.restoreAllMocks();
  await vi.waitFor(async () => expect((await rpc(client, "ping")).response.status).toBe(401), {
    timeout: 10_000,
    interval: 200,
  });
});

test("a failure of D1 is logged with event, error name and stack frames, and never with its message", async () => {
  const client = await makeWorkspace("d1-logged");
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const secret = "INSERT INTO tokens VALUES ('s3cret')";
  vi.spyOn(database, "batch").mockRejectedValue(new TypeError(secret));
  const stub = bindings.WORKSPACES.getByName("d1-logged");
  await stub.change({ type: "token.revoke", id: client.tokenId }, "test", null);
  const lines = log.mock.calls.map(([line]) => String(line));
  const failures = lines.filter((line) => line.includes("change_not_stored"));
  expect(failures.map((line): unknown => JSON.parse(line))).toEqual([
    {
      event: "change_not_stored",
      action: "token.revoked",
      error: "TypeError",
      at: expect.stringMatching(/^at .*config-replica\.test\.ts:\d+:\d+/),
    },
  ]);
  expect(lines.join("\n")).not.toContain("s3cret");
});

test("concurrent changes are all carried out", async () => {
  await makeWorkspace("at-once", {});
  const names = Array.from({ length: 10 }, (_, i) => `member ${i}`);
  await Promise.all(
    names.map((name) => change("at-once", { type: "member.create", input: { name } })),
  );
  const { results } = await bindings.DB.prepare(
    "SELECT m.name FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE w.slug = 'at-once' ORDER BY m.name",
  ).all<{ name: string }>();
  expect(results.map(({ name }) => name)).toEqual(names);
});

test("a copy that an earlier release stored without time limits has the general ones", async () => {
  const client = await makeWorkspace("older-copy");
  const stub = bindings.WORKSPACES.getByName("older-copy");
  await runInDurableObject(stub, (_instance, state) => {
    state.storage.sql.exec(
      "UPDATE entities SET json = json_remove(json, '$.longestCallSeconds', '$.longestSilenceSeconds') WHERE kind = 'server'",
    );
    state.abort("restart");
  }).catch(() => undefined);
  expect((await callTool(client, "echo")).message.result).toBeDefined();
  const patch = { name: "Renamed" };
  const { server } = await change("older-copy", { type: "server.update", slug: "ok", patch });
  expect(server).toMatchObject({ longestCallSeconds: null, longestSilenceSeconds: null });
});

test("a copy that an earlier release stored has no stop, and a stop survives a restart of the object", async () => {
  const slug = "copy-without-stops";
  const client = await makeWorkspace(slug);
  const stub = bindings.WORKSPACES.getByName(slug);
  const restart = (sql: string) =>
    runInDurableObject(stub, (_instance, state) => {
      state.storage.sql.exec(sql);
      state.abort("restart");
    }).catch(() => undefined);
  await restart(
    "UPDATE entities SET json = json_remove(json, '$.stopped', '$.blockedClients', '$.suspendedAt')",
  );
  expect((await callTool(client, "echo")).message.result).toBeDefined();
  await change(slug, { type: "workspace.stop", isStopped: true, by: "Ann" });
  await restart("SELECT 1");
  expect((await callTool(client, "echo")).message.error?.data.reason).toBe("workspace_stopped");
});
