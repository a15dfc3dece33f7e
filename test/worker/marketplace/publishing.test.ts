import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import { DAY_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import { type Browser, makeOwner, makeJoinedUser, ORIGIN } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";

const SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

/** The internet: responses by URL, and what was asked for. */
const pages = new Map<string, (init: RequestInit) => Response>();
const asked: { url: string; body: string }[] = [];
const internet = {
  fetch(url: string, init: RequestInit): Promise<Response> {
    asked.push({ url, body: typeof init.body === "string" ? init.body : "" });
    const page = pages.get(url);
    return Promise.resolve(page ? page(init) : new Response("", { status: 404 }));
  },
};
const serve = (url: string, body: unknown, status = 200) =>
  pages.set(url, () =>
    typeof body === "string" ? new Response(body, { status }) : Response.json(body, { status }),
  );
// A cast: a binding of the platform has more methods than are called.
const env = {
  ...bindings,
  EGRESS: internet,
  MARKETPLACE_PUBLISHING: "",
  MARKETPLACE_READMES: "https://raw.githubusercontent.com",
  GITHUB_OAUTH_CLIENT: '{"id":"app","secret":"app-secret"}',
} as unknown as Env;

let olga: Browser;
beforeAll(async () => {
  olga = await makeOwner("publishing-olga");
});

async function send(
  { cookie, csrf }: Browser,
  method: string,
  path: string,
  body?: unknown,
  given: Env = env,
): Promise<{ status: number; body: Json }> {
  const context = createExecutionContext();
  const request = new Request(`http://${HOST}/api/marketplace/${path}`, {
    method,
    headers: {
      host: HOST,
      origin: ORIGIN,
      cookie,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
      "x-csrf-token": csrf,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const response = await handleRequest(request, given, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

const make = (name: string, more: object = {}) => ({
  $schema: SCHEMA,
  name,
  description: "Computes tables of polynomials with the method of differences",
  version: "1.0.0",
  remotes: [{ type: "streamable-http", url: "https://api.example.com/mcp" }],
  ...more,
});
const publish = (who: Browser, document: object) =>
  send(who, "POST", "publications", { document: JSON.stringify(document) });
const read = async (name: string) => (await manage("GET", `/marketplace/servers/${name}`)).body;
const messageOf = ({ body }: { body: Json }): string => body.error?.message ?? body.message;

async function makeKey(algorithm: "ed25519" | "ecdsap384") {
  const isEd = algorithm === "ed25519";
  const kind = isEd ? "Ed25519" : { name: "ECDSA", namedCurve: "P-384" };
  // A cast: neither algorithm has a single key.
  const pair = (await crypto.subtle.generateKey(kind, true, ["sign", "verify"])) as CryptoKeyPair;
  // A cast: the format is raw.
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const compressed = isEd ? raw : Uint8Array.of(2 + ((raw.at(-1) ?? 0) % 2), ...raw.slice(1, 49));
  const how = isEd ? "Ed25519" : { name: "ECDSA", hash: "SHA-384" };
  return {
    record: `v=MCPv1; k=${algorithm}; p=${compressed.toBase64()}`,
    sign: async (text: string) => {
      const signed = await crypto.subtle.sign(how, pair.privateKey, new TextEncoder().encode(text));
      return new Uint8Array(signed).toHex();
    },
  };
}

const serveTxt = (domain: string, ...records: string[]) =>
  serve(`https://cloudflare-dns.com/dns-query?name=${domain}&type=TXT`, {
    Status: 0,
    Answer: records.map((data) => ({ type: 16, data: `"${data}"` })),
  });
const challenge = async (who: Browser, namespace: string): Promise<string> =>
  (await send(who, "POST", `publishing/namespaces/${namespace}`, {})).body.challenge;
const prove = (who: Browser, namespace: string, proof: object) =>
  send(who, "POST", `publishing/namespaces/${namespace}/proofs`, proof);

/** Proves a namespace of a domain by a key in the DNS. */
async function proveByDns(who: Browser, namespace: string): Promise<void> {
  const key = await makeKey("ed25519");
  serveTxt(namespace.split(".").toReversed().join("."), key.record);
  const signature = await key.sign(await challenge(who, namespace));
  const check = await prove(who, namespace, { kind: "dns", signature });
  expect(check.body).toMatchObject({ isProven: true });
}

test("a server is published with a key in the DNS, and a wrong key, another text, a used text and another person prove nothing", async () => {
  const namespace = "com.example.pub-dns";
  const [own, other] = [await makeKey("ed25519"), await makeKey("ed25519")];
  const server = make(`${namespace}/server`);
  expect(await publish(olga, server)).toMatchObject({ status: 403 });
  const text = await challenge(olga, namespace);
  expect(text).toMatch(
    /^mcpnest-publish gateway=gateway\.test namespace=com\.example\.pub-dns nonce=/,
  );
  const signature = await own.sign(text);
  expect(messageOf(await prove(olga, namespace, { kind: "dns", signature }))).toMatch(
    /looked for in the TXT records of pub-dns\.example\.com.*status 404/,
  );
  serveTxt("pub-dns.example.com", "v=spf1 -all");
  expect(messageOf(await prove(olga, namespace, { kind: "dns", signature }))).toMatch(
    /there are 1 texts, none of which is one/,
  );
  serveTxt("pub-dns.example.com", "v=spf1 -all", other.record);
  const wrong = await prove(olga, namespace, { kind: "dns", signature });
  expect(wrong.body.isProven).toBe(false);
  expect(messageOf(wrong)).toContain(`ed25519:${other.record.split("p=")[1]?.slice(0, 8)}`);
  serveTxt("pub-dns.example.com", other.record, own.record);
  // The signature of another text, such as a time alone.
  const stale = await own.sign(new Date().toISOString());
  expect((await prove(olga, namespace, { kind: "dns", signature: stale })).body.isProven).toBe(
    false,
  );
  const paul = await makeOwner("publishing-paul");
  await challenge(paul, namespace);
  expect((await prove(paul, namespace, { kind: "dns", signature })).body.isProven).toBe(false);
  expect((await prove(olga, namespace, { kind: "dns", signature })).body).toMatchObject({
    isProven: true,
    state: { proof: { kind: "dns", subject: "pub-dns.example.com" }, challenge: null },
  });
  expect(await prove(olga, namespace, { kind: "dns", signature })).toMatchObject({ status: 409 });

  expect(await publish(olga, server)).toMatchObject({ status: 200 });
  expect(await publish(paul, { ...server, version: "1.0.1" })).toMatchObject({ status: 403 });
  expect(await read(server.name)).toMatchObject({
    name: server.name,
    document: { version: "1.0.0", remotes: server.remotes },
    provenance: { description: { source: "published" } },
  });
});

test("a proof ends after a day, and a text to sign after 15 minutes", async () => {
  const namespace = "com.example.pub-expiry";
  await proveByDns(olga, namespace);
  const server = make(`${namespace}/server`);
  const key = await makeKey("ed25519");
  serveTxt("pub-expiry.example.com", key.record);
  const signature = await key.sign(await challenge(olga, namespace));
  await later(16 * MINUTE_MS, async () => {
    expect(await publish(olga, server)).toMatchObject({ status: 200 });
    expect(await prove(olga, namespace, { kind: "dns", signature })).toMatchObject({ status: 409 });
  });
  await later(DAY_MS + MINUTE_MS, async () => {
    await olga.signIn();
    expect(await publish(olga, { ...server, version: "1.1.0" })).toMatchObject({ status: 403 });
  });
});

test("a key of ECDSA P-384 in a file of the host proves exactly that host, and one in the DNS also the domains below it", async () => {
  const key = await makeKey("ecdsap384");
  serve("https://pub-key.example.com/.well-known/mcp-registry-auth", `${key.record}\n`);
  const below = "com.example.pub-key.api";
  const signedBelow = await key.sign(await challenge(olga, below));
  const domain = "pub-key.example.com";
  expect(await prove(olga, below, { kind: "http", domain, signature: signedBelow })).toMatchObject({
    status: 400,
  });
  expect(
    await prove(olga, below, { kind: "dns", domain: "other.example.com", signature: signedBelow }),
  ).toMatchObject({ status: 400 });
  serveTxt(domain, key.record);
  expect(
    (await prove(olga, below, { kind: "dns", domain, signature: signedBelow })).body.isProven,
  ).toBe(true);
  const namespace = "com.example.pub-key";
  const signature = await key.sign(await challenge(olga, namespace));
  expect((await prove(olga, namespace, { kind: "http", signature })).body.isProven).toBe(true);
});

test("a sign-in at GitHub proves the account and the organizations that it owns, once and for who has begun it", async () => {
  serve("https://github.com/login/oauth/access_token", { access_token: "gho_secret" });
  serve("https://api.github.com/user", { login: "Pub-Olga" });
  serve("https://api.github.com/user/memberships/orgs?state=active&per_page=100", [
    { state: "active", role: "admin", organization: { login: "pub-owned" } },
    { state: "active", role: "member", organization: { login: "pub-joined" } },
  ]);
  const begun = (await send(olga, "POST", "publishing/github", {})).body.url;
  const { searchParams } = new URL(begun);
  expect(searchParams.get("redirect_uri")).toBe(`https://${HOST}/workshop/publish`);
  const back = { code: "c0de", state: searchParams.get("state") };
  const eve = await makeOwner("publishing-eve");
  expect(await send(eve, "PUT", "publishing/github", back)).toMatchObject({ status: 409 });
  expect((await send(olga, "PUT", "publishing/github", back)).body.namespaces).toEqual([
    "io.github.Pub-Olga",
    "io.github.pub-owned",
  ]);
  expect(await send(olga, "PUT", "publishing/github", back)).toMatchObject({ status: 409 });
  expect(await publish(olga, make("io.github.pub-olga/a"))).toMatchObject({ status: 200 });
  expect(await publish(olga, make("io.github.pub-owned/a"))).toMatchObject({ status: 200 });
  expect(await publish(olga, make("io.github.pub-joined/a"))).toMatchObject({ status: 403 });
  const { items } = (await manage("GET", "/audit-events?limit=100")).body;
  expect(JSON.stringify(items)).not.toContain("gho_secret");
});

test("a claim proves a namespace before its first server is published", async () => {
  const namespace = "io.github.Pub-Claim";
  const { proof } = (await send(olga, "POST", `publishers/${namespace}/claim`, {})).body;
  serve("https://raw.githubusercontent.com/Pub-Claim/.github/HEAD/mcpnest-claim.txt", proof);
  const check = await send(olga, "POST", `publishers/${namespace}/claim/checks`, {});
  expect(check.body).toMatchObject({ isProven: true });
  expect((await publish(olga, make(`${namespace}/server`))).body).toMatchObject({
    proof: { kind: "claim", subject: "Pub-Claim" },
  });
});

test("a version never changes: the same content again is no change, other content is refused, and a new version replaces it", async () => {
  const namespace = "com.example.pub-immutable";
  await proveByDns(olga, namespace);
  const server = make(`${namespace}/server`);
  expect((await publish(olga, server)).status).toBe(200);
  // The same members in another order.
  const { version, ...rest } = server;
  expect((await publish(olga, { version, ...rest })).status).toBe(200);
  expect(messageOf(await publish(olga, { ...server, title: "Other" }))).toMatch(
    /versions do not change/,
  );
  // Also in another case of the name.
  expect(
    await publish(olga, { ...server, name: `${namespace}/SERVER`, title: "Other" }),
  ).toMatchObject({
    status: 409,
  });
  expect((await publish(olga, { ...server, version: "1.10.0", title: "New" })).status).toBe(200);
  expect((await publish(olga, { ...server, version: "1.9.0", title: "Old" })).status).toBe(200);
  expect(await read(server.name)).toMatchObject({ title: "New", document: { version: "1.10.0" } });
  const { items } = (await manage("GET", "/audit-events?limit=200")).body;
  const own = items.filter(({ object }: Json) => object === `marketplace-server:${server.name}`);
  expect(own.map(({ detail }: Json) => detail.version)).toEqual(["1.9.0", "1.10.0", "1.0.0"]);
});

test("its publisher deprecates a server with a message, deletes and restores it", async () => {
  const namespace = "com.example.pub-status";
  await proveByDns(olga, namespace);
  const name = `${namespace}/server`;
  await publish(olga, make(name));
  const set = (who: Browser, status: string, message?: string) =>
    send(who, "PUT", `publications/${name}/status`, { status, message });
  const bob = await makeOwner("publishing-bob");
  expect((await set(bob, "deleted")).status).toBe(403);
  expect((await set(olga, "deprecated", "Use the other one")).status).toBe(204);
  expect(await read(name)).toMatchObject({
    status: "deprecated",
    statusMessage: "Use the other one",
  });
  expect((await set(olga, "deleted")).status).toBe(204);
  expect((await manage("GET", `/marketplace/servers/${name}`)).status).toBe(404);
  expect((await set(olga, "active")).status).toBe(204);
  expect(await read(name)).toMatchObject({ status: "active", statusMessage: null });
  const { items } = (await manage("GET", "/audit-events?limit=200")).body;
  const own = items.filter(({ object }: Json) => object === `marketplace-server:${name}`);
  expect(own.map(({ action }: Json) => action.split(".")[1])).toEqual([
    "restored",
    "deleted",
    "deprecated",
    "published",
  ]);
});

test("each package must carry its marker, and a refusal says what was looked for and what was there", async () => {
  const namespace = "com.example.pub-markers";
  await proveByDns(olga, namespace);
  const name = `${namespace}/server`;
  const transport = { type: "stdio" };
  const npm = "https://registry.npmjs.org/%40pub%2Fmarkers/1.0.0";
  const pypi = "https://pypi.org/pypi/pub-markers/1.0.0/json";
  const nuget = "https://api.nuget.org/v3-flatcontainer/pub.markers/1.0.0/readme";
  const crate = "https://crates.io/api/v1/crates/pub-markers/1.0.0/readme";
  const image = "https://ghcr.io/v2/pub/markers/manifests/1.0.0";
  const packages = [
    { registryType: "npm", identifier: "@pub/markers", version: "1.0.0", transport },
    { registryType: "pypi", identifier: "pub-markers", version: "1.0.0", transport },
    { registryType: "nuget", identifier: "Pub.Markers", version: "1.0.0", transport },
    { registryType: "cargo", identifier: "pub-markers", version: "1.0.0", transport },
    { registryType: "oci", identifier: "ghcr.io/pub/markers:1.0.0", transport },
  ];
  const server = make(name, { packages });
  serve(npm, { mcpName: "com.example.other/server" });
  serve(pypi, { info: { description: `# A\nmcp-name: ${name}-evil\n` } });
  serve(crate, { url: "https://evil.example.com/readme" });
  pages.set(
    image,
    () => new Response("", { status: 401, headers: { "www-authenticate": "Bearer" } }),
  );
  const refused = await publish(olga, server);
  expect(refused.status).toBe(409);
  expect(messageOf(refused)).toMatch(
    /“mcpName” in its package\.json.*it is “com\.example\.other\/server”/,
  );
  expect(messageOf(refused)).toMatch(/pypi.*it is “com\.example\.pub-markers\/server-evil”/);
  expect(messageOf(refused)).toMatch(
    /nuget Pub\.Markers could not be checked: api\.nuget\.org responded with status 404/,
  );
  expect(messageOf(refused)).toMatch(/cargo.*named no README of its own/);
  expect(messageOf(refused)).toMatch(/oci.*asks for a sign-in/);
  expect(asked.map(({ url }) => url)).not.toContain("https://evil.example.com/readme");

  serve(npm, { mcpName: name });
  serve(pypi, { info: { description: `<!-- mcp-name: ${name} -->` } });
  serve(nuget, `mcp-name: ${name}`);
  serve(crate, { url: "https://static.crates.io/readmes/pub-markers.html" });
  serve("https://static.crates.io/readmes/pub-markers.html", `<p>mcp-name: ${name}.</p>`);
  pages.set(image, (init) => {
    const isSigned = JSON.stringify(init.headers).includes("Bearer pull");
    const challenge = 'Bearer realm="https://ghcr.io/token",service="ghcr.io"';
    return isSigned
      ? Response.json({ annotations: { "io.modelcontextprotocol.server.name": name } })
      : new Response("", { status: 401, headers: { "www-authenticate": challenge } });
  });
  serve("https://ghcr.io/token?service=ghcr.io&scope=repository%3Apub%2Fmarkers%3Apull", {
    token: "pull",
  });
  expect(await publish(olga, server)).toMatchObject({ status: 200 });
});

test("a version is handed on to the official registry with the publisher's sign-in, and the registry's words are kept, without its token", async () => {
  const namespace = "com.example.pub-hand";
  await proveByDns(olga, namespace);
  const server = make(`${namespace}/server`);
  await publish(olga, server);
  const registry = "https://registry.modelcontextprotocol.io/v0.1";
  const signed = {
    kind: "dns",
    domain: "pub-hand.example.com",
    timestamp: new Date().toISOString(),
    signature: "ab".repeat(64),
  };
  const hand = (sign: object) =>
    send(olga, "POST", `publications/${server.name}/hand-ons`, { version: "1.0.0", sign });
  pages.set(`${registry}/auth/dns`, () => new Response("", { status: 503 }));
  expect((await hand(signed)).body.handedOn).toMatchObject({ state: "unreachable" });
  serve(
    `${registry}/auth/dns`,
    { title: "Unauthorized", detail: "signature verification failed" },
    401,
  );
  expect((await hand(signed)).body.handedOn).toMatchObject({
    state: "refused",
    message: "Status 401: signature verification failed",
  });
  serve(`${registry}/auth/github-at`, { registry_token: "jwt-secret" });
  pages.set(`${registry}/publish`, (init) =>
    Response.json(
      { detail: `no permission with ${JSON.stringify(init.headers)}` },
      { status: 403 },
    ),
  );
  const refused = await hand({ kind: "github", token: "ghp_secret" });
  expect(refused.body.handedOn.state).toBe("refused");
  expect(JSON.stringify(refused.body)).not.toMatch(/jwt-secret|ghp_secret/);
  expect((await send(olga, "GET", "publications")).body.items).toContainEqual(refused.body);
  serve(`${registry}/publish`, { server });
  expect((await hand({ kind: "registry", token: "own-secret" })).body.handedOn.state).toBe(
    "accepted",
  );
  const sent = asked.findLast(({ url }) => url === `${registry}/publish`);
  expect(JSON.parse(sent?.body ?? "")).toEqual(server);
  // It is there already.
  const before = asked.length;
  expect((await hand(signed)).body.handedOn.state).toBe("accepted");
  expect(asked.length).toBe(before);
});

test("a file that a registry would refuse, an auditor, and a gateway without publishing publish nothing", async () => {
  const namespace = "com.example.pub-refused";
  await proveByDns(olga, namespace);
  const old = make(`${namespace}/server`, { $schema: SCHEMA.replace("12-11", "10-17") });
  expect(messageOf(await publish(olga, old))).toMatch(
    /^The file cannot be published\. line 1: The schema/,
  );
  const { browser: auditor } = await makeJoinedUser("publishing-olga", "auditor");
  expect(await publish(auditor, make(`${namespace}/server`))).toMatchObject({ status: 403 });
  const off = { ...env, MARKETPLACE_PUBLISHING: "off" };
  const body = { document: JSON.stringify(make(`${namespace}/server`)) };
  expect(messageOf(await send(olga, "POST", "publications", body, off))).toMatch(
    /switched publishing off/,
  );
  const page = { source: "published", page: { servers: [] } };
  expect((await manage("POST", "/marketplace/imports", page)).status).toBe(400);
});

test("a server.json is taken from a repository on GitHub, and from nowhere else", async () => {
  serve("https://raw.githubusercontent.com/pub/repo/HEAD/server.json", '{"a":1}');
  serve("https://raw.githubusercontent.com/pub/repo/main/sub/server.json", '{"b":1}');
  const take = (url: string) => send(olga, "POST", "publishing/documents", { url });
  expect((await take("https://github.com/pub/repo.git")).body.text).toBe('{"a":1}');
  expect((await take("github.com/pub/repo/tree/main/sub")).body.text).toBe('{"b":1}');
  const before = asked.length;
  for (const url of [
    "https://evil.example.com/pub/repo",
    "http://github.com/pub/repo",
    "https://github.com/pub/..%2f..",
    "file:///etc/passwd",
  ])
    expect((await take(url)).status).toBe(409);
  expect(asked.length).toBe(before);
  expect(messageOf(await take("https://github.com/pub/none"))).toMatch(/no public file at/);
});

test("the scores of a publisher's servers are kept by day, only where they change", async () => {
  const namespace = "com.example.pub-history";
  await proveByDns(olga, namespace);
  const server = make(`${namespace}/server`);
  await publish(olga, server);
  const readHistory = async () =>
    (await manage("GET", `/marketplace/publishers/${namespace}/history`)).body.items;
  const [first] = await readHistory();
  expect(first).toMatchObject({ name: server.name, installsLastWeek: 0 });
  expect(first.scores).toHaveLength(1);
  await later(2 * DAY_MS, async () => {
    await olga.signIn();
    await proveByDns(olga, namespace);
    await publish(olga, { ...server, version: "1.0.1" });
    await publish(olga, { ...server, version: "1.1.0", title: "Tables of polynomials" });
  });
  const [now] = await readHistory();
  expect(now.scores).toHaveLength(2);
  expect(now.scores[1].day - now.scores[0].day).toBe(2);
  expect(now.scores[1].score).toBeGreaterThan(now.scores[0].score);
});
