import { describe, expect, inject, test, vi } from "vitest";
import {
  callTool,
  change,
  findFailureReason,
  makeWorkspace,
  rpc,
  upstreamStats,
  waitForRows,
  type Client,
} from "../../support/gateway-client.ts";
import { manage } from "../../support/management-client.ts";

const OPEN = "upstream_circuit_open";

/** Makes the server of a name fail every request in this way; without one, no request. */
const switchServer = (name: string, fault = "") =>
  fetch(`${inject("hostileUrl")}/switched/${name}/${fault}`, { method: "PUT" });

const reasonOf = async (client: Client) =>
  findFailureReason((await callTool(client, "echo")).message);

const countCalls = async (path: string) => (await upstreamStats(path)).methods["tools/call"] ?? 0;

/** A workspace whose server is down, and whose calls are refused. */
async function makeDown(slug: string, fault: string) {
  const path = `/switched/${slug}`;
  const client = await makeWorkspace(slug, { up: path });
  expect(await reasonOf(client)).toBeUndefined();
  await switchServer(slug, fault);
  const failed = await Promise.all([1, 2, 3].map(() => reasonOf(client)));
  // The check that decides takes a moment; the calls before its end reach the server.
  await vi.waitFor(async () => expect(await reasonOf(client)).toBe(OPEN), 25_000);
  return { client, path, failed };
}

/** Runs `work` while the clock of the gateway is that much ahead. */
async function ahead<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const realNow = Date.now;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => realNow() + ms);
  try {
    return await work();
  } finally {
    clock.mockRestore();
  }
}

describe("a server that is down", () => {
  test.concurrent.for([
    ["hang", "upstream_timeout"],
    ["refuse", "upstream_unreachable"],
    ["500", "upstream_http_error"],
  ] as const)(
    "after calls that fail by %s, further calls are refused with the time of the next attempt, and recorded",
    async ([fault, reason], { expect }) => {
      const slug = `dead-${fault}`;
      const { client, path, failed } = await makeDown(slug, fault);
      expect(failed).toEqual([reason, reason, reason]);
      const before = await countCalls(path);
      const { message } = await callTool(client, "echo");
      expect(message).toMatchObject({
        result: {
          isError: true,
          content: [{ text: expect.stringMatching(/"up" cannot be reached.* again in \d+ s/) }],
          _meta: { "mcpnest/failure": { reason: OPEN } },
        },
      });
      // Before the rows, which can take longer to arrive than the pause.
      const { body } = await manage("GET", `/workspaces/${slug}/health`);
      const [{ status, check }] = body.items;
      expect([status, check.error.code]).toEqual(["failing", reason]);
      expect(check.error.message).toMatch(/refused at once; the next one is sent after .* UTC$/);
      expect(await countCalls(path)).toBe(before);
      const rows = await waitForRows(slug, before + 2);
      expect(rows.at(-1)).toMatchObject({
        status: "error",
        errorCode: OPEN,
        serverSlug: "up",
        toolName: "echo",
      });
    },
  );

  test("after the pause one call is sent, and its success ends the refusals", async () => {
    const { client, path } = await makeDown("half-open", "500");
    const before = await countCalls(path);
    // The longest pause of the first time is 12.5 s.
    const inPause = await ahead(13_000, () => Promise.all([1, 2, 3].map(() => reasonOf(client))));
    expect(inPause.filter((reason) => reason === OPEN)).toHaveLength(2);
    expect(inPause).toContain("upstream_http_error");
    expect(await countCalls(path)).toBe(before + 1);
    await switchServer("half-open");
    // A failed attempt doubles the pause.
    expect(await ahead(60_000, () => reasonOf(client))).toBeUndefined();
    // The outcome takes a moment to arrive.
    await expect.poll(() => reasonOf(client)).toBeUndefined();
  });

  test("an admin's check, or a change of the server, lets calls pass at once when it is up again", async () => {
    const { client } = await makeDown("checked", "500");
    await manage("POST", "/workspaces/checked/servers/up/check");
    expect(await reasonOf(client)).toBe(OPEN);
    await switchServer("checked");
    await manage("POST", "/workspaces/checked/servers/up/check");
    expect(await reasonOf(client)).toBeUndefined();
    await switchServer("checked", "500");
    await Promise.all([1, 2, 3].map(() => reasonOf(client)));
    await expect.poll(() => reasonOf(client)).toBe(OPEN);
    const url = `${inject("hostileUrl")}/ok`;
    await change("checked", { type: "server.update", slug: "up", patch: { url } });
    expect(await reasonOf(client)).toBeUndefined();
  });

  test("calls that fail on a server that responds otherwise are sent further", async () => {
    for (const fault of ["hang", "500"]) {
      const slug = `slow-tool-${fault}`;
      const path = `/call/${fault}/${slug}`;
      const client = await makeWorkspace(slug, { up: path });
      for (let round = 0; round < 2; round++)
        await Promise.all([1, 2, 3, 4].map(() => reasonOf(client)));
      expect(await reasonOf(client)).not.toBe(OPEN);
      expect(await countCalls(path)).toBe(9);
    }
  });

  test("background checks of a server that keeps failing become rare, and an admin's check is done at once", async () => {
    const path = "/any/500/rare";
    const client = await makeWorkspace("rare", { bad: path, good: "/ok/rare" });
    const checks = async (of: string) => (await upstreamStats(of)).methods["initialize"] ?? 0;
    const good = async () => (await upstreamStats("/ok/rare")).methods["tools/list"] ?? 0;
    // The first check follows the creation of the server.
    await expect.poll(() => checks(path)).toBeGreaterThan(0);
    await expect.poll(good).toBeGreaterThan(0);
    const first = await checks(path);
    const firstGood = await good();
    // A request every minute for half an hour, which refreshes what is due.
    for (let minute = 1; minute <= 30; minute++) {
      await ahead(minute * 61_000, async () => {
        await rpc(client, "tools/list");
        await expect.poll(good).toBe(firstGood + minute);
      });
    }
    const background = ((await checks(path)) - first) / first;
    // After 1, 3, 7, 15 and 30 minutes, each a quarter earlier or later.
    expect(background).toBeGreaterThan(2);
    expect(background).toBeLessThan(9);
    await manage("POST", "/workspaces/rare/servers/bad/check");
    expect(((await checks(path)) - first) / first).toBeGreaterThan(background);
  });
});

test("servers that never respond do not keep the tools of others out of the first list", async () => {
  const slug = "many-hanging";
  const client = await makeWorkspace(slug, {});
  const add = (name: string, path: string) =>
    change(slug, {
      type: "server.create",
      input: { slug: name, url: `${inject("hostileUrl")}${path}` },
    });
  await Promise.all([
    ...Array.from({ length: 15 }, (_, i) => add(`dead-${i}`, `/any/hang/many-${i}`)),
    ...Array.from({ length: 5 }, (_, i) => add(`fine-${i}`, "/ok")),
  ]);
  const { message } = await rpc(client, "tools/list");
  expect(message.result.tools).toHaveLength(10);
});
