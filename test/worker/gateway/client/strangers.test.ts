import { createExecutionContext, listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { handleRequest } from "../../../../workers/app.ts";
import { MINUTE_MS } from "../../../../workers/contract/units.ts";
import {
  bindings,
  callTool,
  change,
  makeWorkspace,
  post,
  send,
  waitForRows,
} from "../../support/gateway-client.ts";
import { manage } from "../../support/management-client.ts";

const PING = { jsonrpc: "2.0", id: 1, method: "ping" };
const MAX_FAILURES = 30;
/** D1 as the Worker and its objects share it. */
const database: { prepare: D1Database["prepare"] } = Object.getPrototypeOf(bindings.DB);

afterEach(() => void vi.restoreAllMocks());

let made = 0;
/** A token of valid form that no workspace has. */
const wrongToken = () => `mng_${(++made).toString(16).padStart(48, "f")}`;

/** An address of this file alone: failures of all files are counted for a minute. */
const addressOf = (test: number, host = 1) => `198.18.${test}.${host}`;

const pingFrom = (address: string, slug: string, token: string) =>
  post({ slug, token }, PING, { "cf-connecting-ip": address });

function countBy<T>(values: T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

describe("wrong tokens", () => {
  test("of 600 from one address at the same time, 30 are looked up, no workspace is woken, and a good token works meanwhile", async () => {
    const client = await makeWorkspace("flooded", {});
    await change("flooded", {
      type: "workspace.update",
      patch: { limits: { perAddressPerMinute: 1_000 } },
    });
    const address = addressOf(1);
    expect((await pingFrom(address, client.slug, client.token)).status).toBe(200);
    const prepare = vi.spyOn(database, "prepare");
    const objects = (await listDurableObjectIds(bindings.WORKSPACES)).length;
    const responses = await Promise.all(
      Array.from({ length: 600 }, async (_, i) => {
        const slug = i % 2 ? "flooded" : `unknown-${i}`;
        const [refused, good] = await Promise.all([
          pingFrom(address, slug, wrongToken()),
          i % 20 ? null : pingFrom(address, client.slug, client.token),
        ]);
        return { refused, good };
      }),
    );
    const lookups = prepare.mock.calls.filter(([sql]) => /from "tokens"/.test(sql));
    expect(lookups).toHaveLength(MAX_FAILURES);
    expect(countBy(responses.map(({ refused }) => refused.status))).toEqual(
      new Map([
        [401, MAX_FAILURES],
        [429, 600 - MAX_FAILURES],
      ]),
    );
    const limited = responses.find(({ refused }) => refused.status === 429)?.refused;
    const seconds = Number(limited?.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await limited?.json()).toMatchObject({
      id: null,
      error: { code: -32603, data: { reason: "rate_limited" } },
    });
    expect(new Set(responses.flatMap(({ good }) => good?.status ?? []))).toEqual(new Set([200]));
    expect(await listDurableObjectIds(bindings.WORKSPACES)).toHaveLength(objects);
    expect((await pingFrom(addressOf(1, 2), client.slug, wrongToken())).status).toBe(401);
  });

  test("count for messages, streams, the health endpoint and requests that are refused at the entry", async () => {
    const authorization = () => ({
      authorization: `Bearer ${wrongToken()}`,
      "cf-connecting-ip": addressOf(2),
    });
    const kinds: (() => Promise<Response>)[] = [
      () => pingFrom(addressOf(2), "none", wrongToken()),
      () =>
        send("/api/gw/none", {
          headers: {
            ...authorization(),
            accept: "text/event-stream",
            "mcp-protocol-version": "2025-11-25",
          },
        }),
      () => send("/api/gw/none/health", { headers: authorization() }),
      () => send("/api/gw/none", { method: "PUT", headers: authorization() }),
      () => send("/api/gw/none", { method: "POST", headers: authorization(), body: "{}" }),
    ];
    for (let i = 0; i < MAX_FAILURES; i++)
      expect((await kinds[i % kinds.length]?.())?.status).toBe(401);
    for (const request of kinds) expect((await request()).status).toBe(429);
  });

  test("of the addresses of one IPv6 network count together", async () => {
    for (let i = 0; i < MAX_FAILURES; i++)
      expect((await pingFrom(`2001:db8:1:2::${i}`, "none", wrongToken())).status).toBe(401);
    expect((await pingFrom("2001:db8:1:2:ffff::1", "none", wrongToken())).status).toBe(429);
    expect((await pingFrom("2001:db8:1:3::1", "none", wrongToken())).status).toBe(401);
  });

  test("get the same response, byte for byte, whatever is wrong with them", async () => {
    const [client, other] = [await makeWorkspace("bytes", {}), await makeWorkspace("bytes-2", {})];
    const input = { label: "expired", expiresAt: Date.now() + 200 };
    const expired = await change("bytes", { type: "token.create", input });
    const revoked = await change("bytes", { type: "token.create", input: { label: "revoked" } });
    await change("bytes", { type: "token.revoke", id: revoked.record.id });
    await scheduler.wait(300);
    const cases: [slug: string, authorization: string | null][] = [
      ["bytes", null],
      ["bytes", "Bearer mng_short"],
      ["bytes", `Bearer ${wrongToken()}`],
      ["bytes", `Bearer ${revoked.token}`],
      ["bytes", `Bearer ${expired.token}`],
      ["bytes", `Bearer ${other.token}`],
      ["bytes-unknown", `Bearer ${client.token}`],
    ];
    const seen = new Set<string>();
    for (const [slug, authorization] of cases) {
      const headers = {
        "content-type": "application/json",
        "cf-connecting-ip": addressOf(3),
        ...(authorization === null ? {} : { authorization }),
      };
      const init = { method: "POST", headers, body: JSON.stringify(PING) };
      const response = await send(`/api/gw/${slug}`, init);
      expect(response.status).toBe(401);
      seen.add(JSON.stringify([...response.headers]) + (await response.text()));
    }
    expect(seen.size).toBe(1);
  });
});

test("a new token works at once, and a revoked one is refused on the next call and then counts as a failure", async () => {
  await makeWorkspace("turnover", {});
  const input = { label: "short-lived" };
  const { token, record } = await change("turnover", { type: "token.create", input });
  const ping = (sent: string) => pingFrom(addressOf(4), "turnover", sent);
  expect((await ping(token)).status).toBe(200);
  await change("turnover", { type: "token.revoke", id: record.id });
  for (let i = 0; i < MAX_FAILURES; i++) expect((await ping(token)).status).toBe(401);
  for (let i = 1; i < MAX_FAILURES; i++) expect((await ping(wrongToken())).status).toBe(401);
  expect((await ping(wrongToken())).status).toBe(429);
});

test("a client that repeats a wrong token gets 401 each time, and one lookup is made for it", async () => {
  const prepare = vi.spyOn(database, "prepare");
  const token = wrongToken();
  for (let i = 0; i < 2 * MAX_FAILURES; i++)
    expect((await pingFrom(addressOf(7), "none", token)).status).toBe(401);
  expect(prepare.mock.calls.filter(([sql]) => /from "tokens"/.test(sql))).toHaveLength(1);
});

describe("Workers of other zones, which share one address", () => {
  const WORKERS = "2a06:98c0:3600::103";

  test("are limited by their token, and wrong tokens of one keep no other out", async () => {
    const quiet = await makeWorkspace("agents", {});
    const limits = { perAddressPerMinute: 10 };
    await change("agents", { type: "workspace.update", patch: { limits } });
    const input = { label: "noisy" };
    const { token: noisy } = await change("agents", { type: "token.create", input });
    for (let i = 0; i < 2 * MAX_FAILURES; i++)
      expect((await pingFrom(WORKERS, "agents", wrongToken())).status).toBe(401);
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await pingFrom(WORKERS, "agents", noisy)).status);
    expect(countBy(statuses)).toEqual(
      new Map([
        [200, 10],
        [429, 2],
      ]),
    );
    expect((await pingFrom(WORKERS, "agents", quiet.token)).status).toBe(200);
  });
});

test("beyond the platform's limit of an address, unknown credentials reach no object and no database, and known tokens pass", async () => {
  const client = await makeWorkspace("known-before", {});
  // The windows of the local limit are the minutes of the clock.
  const leftMs = MINUTE_MS - (Date.now() % MINUTE_MS);
  if (leftMs < MINUTE_MS / 6) await scheduler.wait(leftMs);
  const { SMALL_STRANGER_LIMIT } = env as unknown as { SMALL_STRANGER_LIMIT: RateLimit };
  const limited = { ...bindings, STRANGER_LIMIT: SMALL_STRANGER_LIMIT };
  const ask = async (host: number, path: string, authorization?: string) => {
    const headers = {
      host: "gateway.test",
      "cf-connecting-ip": addressOf(8, host),
      ...(authorization === undefined ? {} : { authorization }),
    };
    const request = new Request(`http://gateway.test/api${path}`, { headers });
    return (await handleRequest(request, limited, createExecutionContext())).status;
  };
  const health = `/gw/${client.slug}/health`;
  expect(await ask(1, health, `Bearer ${client.token}`)).toBe(200);
  const kinds: [number, string, () => string | undefined, number][] = [
    [1, health, () => `Bearer ${wrongToken()}`, 4],
    [2, "/workspaces", () => `Bearer ${wrongToken()}`, 5],
    [3, "/auth", () => undefined, 5],
  ];
  for (const [host, path, credential, passing] of kinds) {
    for (let i = 0; i < passing; i++) expect(await ask(host, path, credential())).not.toBe(429);
    const prepare = vi.spyOn(database, "prepare");
    for (let i = 0; i < 3; i++) expect(await ask(host, path, credential())).toBe(429);
    expect(prepare).not.toHaveBeenCalled();
    prepare.mockRestore();
  }
  expect(await ask(1, health, `Bearer ${client.token}`)).toBe(200);
});

test("while D1 cannot be read, a token that was not used yet works, and wrong ones are still limited", async () => {
  const client = await makeWorkspace("d1-unread", {});
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(database, "prepare").mockImplementation(() => {
    throw new Error("D1 is down");
  });
  const address = addressOf(5);
  const refused: number[] = [];
  for (let i = 0; i < 40; i++)
    refused.push((await pingFrom(address, client.slug, wrongToken())).status);
  expect(countBy(refused)).toEqual(
    new Map([
      [401, MAX_FAILURES],
      [429, 10],
    ]),
  );
  expect((await pingFrom(addressOf(5, 2), client.slug, client.token)).status).toBe(200);
});

test("an admin sees the number of refused tokens by hour, and nothing is stored for an unknown slug", async () => {
  await makeWorkspace("counted-refusals", {});
  await manage("POST", "/workspaces", { slug: "not-counted", name: "x" });
  for (let i = 0; i < 3; i++) {
    await pingFrom(addressOf(6), "counted-refusals", wrongToken());
    await pingFrom(addressOf(6), "counted-unknown", wrongToken());
  }
  const list = async (slug: string): Promise<{ at: number; count: number }[]> =>
    (await manage("GET", `/workspaces/${slug}/refused-tokens`)).body.items;
  const readCount = async () =>
    (await list("counted-refusals")).reduce((sum, { count }) => sum + count, 0);
  // Counts are written at most once a minute, and earlier tests can have refused tokens in the same object.
  await expect.poll(readCount, { timeout: 90_000 }).toBe(3);
  for (const { at } of await list("counted-refusals"))
    expect(Date.now() - at).toBeLessThan(2 * 60 * 60 * 1000);
  expect(await list("not-counted")).toEqual([]);
  const stored = await bindings.DB.prepare(
    "SELECT count(*) AS n FROM refused_tokens WHERE workspace_id NOT IN (SELECT id FROM workspaces)",
  ).first("n");
  expect(stored).toBe(0);
}, 120_000);

/** Makes the queries of `run` fail. */
async function withoutD1<T>(run: () => Promise<T>): Promise<T> {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const prepare = vi.spyOn(database, "prepare").mockImplementation(() => {
    throw new Error("D1 is down");
  });
  const result = await run();
  prepare.mockRestore();
  return result;
}

test("while D1 cannot be read, a stopped call of a token that was not used yet gets its response and its audit row", async () => {
  const slug = "d1-stopped";
  const client = await makeWorkspace(slug, {});
  await manage("PUT", `/workspaces/${slug}/stop`, {});
  const { response, message } = await withoutD1(() => callTool(client, "echo"));
  expect(response.status).toBe(200);
  expect(message).toMatchObject({ error: { data: { reason: "workspace_stopped" } } });
  expect(await waitForRows(slug, 1)).toMatchObject([
    { status: "blocked", errorCode: "workspace_stopped" },
  ]);
});

test("while D1 cannot be read, a call of a token that was not used yet has an audit row when it is over the limit", async () => {
  const slug = "d1-limited";
  const used = await makeWorkspace(slug, {});
  const { body } = await manage("POST", `/workspaces/${slug}/tokens`, { label: "unused" });
  await manage("PATCH", `/workspaces/${slug}`, { limits: { perAddressPerMinute: 1 } });
  await post(used, PING);
  const { response } = await withoutD1(() => callTool({ slug, token: body.token }, "echo"));
  expect(response.status).toBe(429);
  expect(await waitForRows(slug, 1)).toMatchObject([
    { status: "rate_limited", errorCode: "rate_limited" },
  ]);
});
