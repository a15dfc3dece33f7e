import { listDurableObjectIds } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bindings, change, makeWorkspace, post, send } from "../../support/gateway-client.ts";
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
  const ping = () => pingFrom(addressOf(4), "turnover", token);
  expect((await ping()).status).toBe(200);
  await change("turnover", { type: "token.revoke", id: record.id });
  for (let i = 0; i < MAX_FAILURES; i++) expect((await ping()).status).toBe(401);
  await vi.waitFor(async () => expect((await ping()).status).toBe(429));
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
  const list = async (slug: string) =>
    (await manage("GET", `/workspaces/${slug}/refused-tokens`)).body.items;
  await expect.poll(() => list("counted-refusals")).toHaveLength(1);
  const [{ at, count }] = await list("counted-refusals");
  expect(count).toBe(3);
  expect(Date.now() - at).toBeLessThan(2 * 60 * 60 * 1000);
  expect(await list("not-counted")).toEqual([]);
  const stored = await bindings.DB.prepare(
    "SELECT count(*) AS n FROM refused_tokens WHERE workspace_id NOT IN (SELECT id FROM workspaces)",
  ).first("n");
  expect(stored).toBe(0);
});
