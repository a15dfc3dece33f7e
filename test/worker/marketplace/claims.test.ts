import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { expect, inject, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import { toClaimPlace } from "../../../workers/contract/marketplace/claim-place.ts";
import { DAY_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import { runScheduled } from "../../../workers/health/scheduled.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import type { RepositorySetup } from "../../fixtures/readmes.ts";
import { type Browser, makeOwner, ORIGIN } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";
import { entry } from "../support/registries.ts";

const service = inject("readmesUrl");
const FILE = "mcpnest-claim.txt";

/** The internet: the files of each https host are those of a repository `claim-hosts/<host>` of the stand-in. */
const internet = {
  fetch(url: string, init: RequestInit) {
    const { protocol, hostname, pathname } = new URL(url);
    const isWellKnown = protocol === "https:" && pathname === `/.well-known/${FILE}`;
    return fetch(isWellKnown ? `${service}/claim-hosts/${hostname}/HEAD/${FILE}` : url, init);
  },
};
// A cast: a binding of the platform has more methods than are called.
const env = { ...bindings, MARKETPLACE_READMES: service, EGRESS: internet } as unknown as Env;

async function publish(path: string, setup: RepositorySetup): Promise<void> {
  await fetch(`${service}/${path}`, { method: "PUT", body: JSON.stringify(setup) });
}
const publishAt = (host: string, ...lines: string[]) =>
  publish(`claim-hosts/${host}`, { files: { [FILE]: lines.join("\n") } });

async function importServer(namespace: string): Promise<void> {
  const page = { servers: [entry(`${namespace}/server`)] };
  await manage("POST", "/marketplace/imports", { source: "claims", page });
}

async function send(
  { cookie, csrf }: Browser,
  method: string,
  path: string,
): Promise<{ status: number; body: Json }> {
  const context = createExecutionContext();
  const request = new Request(`http://${HOST}/api/marketplace/publishers/${path}`, {
    method,
    headers: {
      host: HOST,
      origin: ORIGIN,
      cookie,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
      "x-csrf-token": csrf,
    },
    ...(method === "POST" && { body: "{}" }),
  });
  const response = await handleRequest(request, env, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

const begin = async (who: Browser, namespace: string): Promise<string> =>
  (await send(who, "POST", `${namespace}/claim`)).body.proof;
/** Checks as at a time at which no earlier check is a moment ago. */
let checks = 0;
const check = (who: Browser, namespace: string) =>
  later(++checks * MINUTE_MS, async () => {
    await who.signIn();
    return send(who, "POST", `${namespace}/claim/checks`);
  });
const readBadges = async (namespace: string): Promise<Json[]> =>
  (await manage("GET", `/marketplace/publishers/${namespace}`)).body.badges;
const isClaimed = async (namespace: string) =>
  (await readBadges(namespace)).some(({ badge }) => badge === "claimed-here");
const runChecks = (afterMs: number) =>
  later(afterMs, () => runScheduled("*/2 * * * *", Date.now(), env));

test("a member claims a domain with a line at that host, the profile links it and does not say who, and only one person's claim stands", async () => {
  const [namespace, host] = ["com.example.claims", "claims.example.com"];
  await importServer(namespace);
  const olga = await makeOwner("claims-olga");
  const proof = await begin(olga, namespace.toUpperCase());
  expect(proof).toMatch(
    /^mcpnest-claim=[\w-]{43} gateway=gateway\.test namespace=com\.example\.claims$/,
  );
  expect(await begin(olga, namespace)).toBe(proof);
  expect((await check(olga, namespace)).body).toMatchObject({ isProven: false });
  await publishAt(host, "# other", proof);
  expect((await check(olga, namespace)).body).toMatchObject({
    isProven: true,
    claim: { state: "standing", evidence: `https://${host}/.well-known/${FILE}` },
  });
  expect(await readBadges(namespace)).toContainEqual({
    badge: "claimed-here",
    subject: host,
    evidence: `https://${host}/.well-known/${FILE}`,
    servers: 1,
  });

  const paul = await makeOwner("claims-paul");
  const other = await begin(paul, namespace);
  // What another person published proves nothing for this one.
  expect((await check(paul, namespace)).body).toMatchObject({ isProven: false });
  await publishAt(host, proof, other);
  expect((await check(paul, namespace)).body).toMatchObject({
    isProven: false,
    message: expect.stringMatching(/^The file also has the line of another person/),
  });
  await publishAt(host, other);
  expect((await check(paul, namespace)).body).toMatchObject({ isProven: true });
  expect((await send(olga, "GET", `${namespace}/claim`)).body).toMatchObject({
    state: "none",
    isClaimedByOther: true,
  });
  const { items } = (await manage("GET", "/marketplace/claims")).body;
  expect(items.filter((item: Json) => item.namespace === namespace)).toMatchObject([
    { userId: paul.userId },
  ]);
  expect((await manage("DELETE", `/marketplace/claims/${namespace}`)).status).toBe(204);
  expect(await isClaimed(namespace)).toBe(false);
  expect(await send(paul, "POST", `${namespace}/claim`)).toMatchObject({
    status: 409,
    body: { error: { message: expect.stringMatching(/^The operator has withdrawn/) } },
  });
  const events = (await manage("GET", "/audit-events?limit=100")).body.items.filter(
    ({ object }: Json) => object === `marketplace-claim:${namespace}`,
  );
  expect(events.map(({ action, actor, detail }: Json) => [action, actor, detail.cause])).toEqual([
    ["marketplace_claim.ended", "operator", "operator"],
    ["marketplace_claim.proven", paul.userId, undefined],
    ["marketplace_claim.ended", paul.userId, "replaced"],
    ["marketplace_claim.proven", olga.userId, undefined],
  ]);
});

test("a GitHub account is proven by a file in its repository .github", async () => {
  const namespace = "io.github.Claims-Tests";
  await importServer(namespace);
  const olga = await makeOwner("claims-github");
  const proof = await begin(olga, namespace);
  await publish("Claims-Tests/.github", { files: { [FILE]: `${proof}\r\n` } });
  expect((await check(olga, namespace)).body).toMatchObject({ isProven: true });
  expect(await isClaimed(namespace)).toBe(true);
  expect((await send(olga, "DELETE", `${namespace}/claim`)).status).toBe(204);
  expect(await isClaimed(namespace)).toBe(false);
});

test("a claim ends when its proof is gone in two weekly checks, and when its host cannot be reached for 14 days", async () => {
  const olga = await makeOwner("claims-weekly");
  const [gone, away] = ["com.example.claims-gone", "com.example.claims-away"];
  const hosts = ["claims-gone.example.com", "claims-away.example.com"] as const;
  for (const [i, namespace] of [gone, away].entries()) {
    await importServer(namespace);
    await publishAt(hosts[i] ?? "", await begin(olga, namespace));
    expect((await check(olga, namespace)).body).toMatchObject({ isProven: true });
  }
  const areClaimed = () => Promise.all([gone, away].map(isClaimed));
  await publish(`claim-hosts/${hosts[0]}`, { files: {} });
  await publish(`claim-hosts/${hosts[1]}`, { files: {}, status: 503 });
  const listClaimedAfter = async (days: number) => {
    await runChecks(days * DAY_MS);
    return areClaimed();
  };
  expect(await listClaimedAfter(6)).toEqual([true, true]);
  expect(await listClaimedAfter(8)).toEqual([true, true]);
  expect(await listClaimedAfter(16)).toEqual([false, true]);
  expect(await listClaimedAfter(21)).toEqual([false, true]);
  expect(await listClaimedAfter(23)).toEqual([false, false]);
});

test.each<[string, RepositorySetup, RegExp]>([
  ["a redirect", { files: {}, status: 302, headers: { location: "/elsewhere" } }, /redirect/i],
  ["a large file", { files: { [FILE]: "x".repeat(1_025) } }, /larger than 1024 bytes/],
  ["no file", { files: {} }, /status 404/],
])("%s proves nothing", async (what, setup, message) => {
  const label = `claims-${what.replaceAll(" ", "-")}`;
  const namespace = `com.example.${label}`;
  await importServer(namespace);
  const olga = await makeOwner(label);
  await begin(olga, namespace);
  await publish(`claim-hosts/${label}.example.com`, setup);
  expect((await check(olga, namespace)).body).toMatchObject({
    isProven: false,
    message: expect.stringMatching(message),
  });
});

test("a person has at most ten claims, and checks each at most every 20 seconds", async () => {
  const olga = await makeOwner("claims-many");
  const namespaces = Array.from({ length: 11 }, (_, i) => `com.example.claims-many-${i}`);
  const page = { servers: namespaces.map((namespace) => entry(`${namespace}/server`)) };
  await manage("POST", "/marketplace/imports", { source: "claims", page });
  const statuses: number[] = [];
  for (const namespace of namespaces)
    statuses.push((await send(olga, "POST", `${namespace}/claim`)).status);
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 409]);
  const path = `${namespaces[0]}/claim/checks`;
  expect((await send(olga, "POST", path)).status).toBe(200);
  expect((await send(olga, "POST", path)).status).toBe(429);
});

test("a person who does not act as a member any more cannot check the claim that they have begun", async () => {
  const slug = "claims-ended";
  const olga = await makeOwner(slug);
  const namespace = "com.example.claims-ended";
  const page = { servers: [entry(`${namespace}/server`)] };
  await manage("POST", "/marketplace/imports", { source: "claims", page });
  await begin(olga, namespace);
  const end =
    "UPDATE members SET suspended_at = 1 WHERE workspace_id IN (SELECT id FROM workspaces WHERE slug = ?)";
  await env.DB.prepare(end).bind(slug).run();
  expect(await send(olga, "POST", `${namespace}/claim/checks`)).toMatchObject({ status: 403 });
});

test.each([
  ["com.example", "https://example.com/.well-known/mcpnest-claim.txt"],
  ["com.example.alice", "https://alice.example.com/.well-known/mcpnest-claim.txt"],
  ["Com.Example", "https://example.com/.well-known/mcpnest-claim.txt"],
  ["com.xn--bcher-kva", "https://xn--bcher-kva.com/.well-known/mcpnest-claim.txt"],
  ["io.github.Owner", "https://github.com/Owner/.github/blob/HEAD/mcpnest-claim.txt"],
  ["IO.GitHub.Owner", "https://github.com/Owner/.github/blob/HEAD/mcpnest-claim.txt"],
  ["io.github.owner.sub", null],
  ["io.github", null],
  ["io.github.a_b", null],
  ["io.github.-a", null],
  ["com", null],
  ["1.0.0.127", null],
  ["com.exa/mple", null],
  ["com.ex@mple", null],
  ["com..example", null],
  ["com.example.", null],
  ["com.-example", null],
  ["com.exämple", null],
])("the namespace %s is proven at %s", (namespace, evidence) => {
  expect(toClaimPlace(namespace)?.evidence ?? null).toBe(evidence);
});
