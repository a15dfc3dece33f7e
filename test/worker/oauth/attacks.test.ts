import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { parseResource } from "../../../workers/http/oauth-addresses.ts";
import { makeTrust } from "../support/assertion-client.ts";
import { makeJoinedUser, makeOwner, type Browser } from "../support/browser.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { OauthClient, REDIRECT } from "../support/oauth-client.ts";

afterEach(() => void vi.restoreAllMocks());

/** A workspace whose server its member may use, and this member’s browser. */
async function makeMember(slug: string) {
  const owner = await makeOwner(slug);
  const path = `/workspaces/${slug}`;
  await owner.send("POST", `${path}/servers`, { slug: "ok", url: `${inject("hostileUrl")}/ok` });
  const { browser, memberId } = await makeJoinedUser(slug, "member", "Bob");
  await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:*"] });
  return { owner, browser };
}

describe("a code that came into other hands", () => {
  test("is of no use to another client, or without the verifier, and stays good for its client", async () => {
    const { browser } = await makeMember("oat-code");
    const client = new OauthClient("oat-code");
    await client.register();
    const code = (await client.consent(browser)).searchParams.get("code") ?? "";
    const thief = new OauthClient("oat-code");
    await thief.register();
    thief.toQuery();
    const refused = [
      await thief.redeem(code),
      await client.redeem(code, { client_id: thief.clientId }),
      await client.redeem(code, { code_verifier: "" }),
    ];
    expect(refused.map(({ status, body }) => [status, body.access_token])).toEqual([
      [400, undefined],
      [400, undefined],
      [400, undefined],
    ]);
    expect((await client.redeem(code)).status).toBe(200);
  });
});

describe("a redirect address", () => {
  const WEB = "https://client.example/cb";

  test.each([
    ["another port of a web host", WEB, "https://client.example:8443/cb"],
    ["another path of a web host", WEB, "https://client.example/cb/../evil"],
    ["another query of a web host", WEB, `${WEB}?next=https://evil.example`],
    ["another loopback name", REDIRECT, "http://localhost:33418/callback"],
    ["another path of a loopback address", REDIRECT, "http://127.0.0.1:33418/other"],
    ["userinfo before a loopback address", REDIRECT, "http://evil.example@127.0.0.1/callback"],
    ["a loopback address as userinfo", REDIRECT, "http://127.0.0.1:33418@evil.example/callback"],
    ["a fragment", REDIRECT, `${REDIRECT}#x`],
  ])("with %s than the registered one gets nothing", async (name, registered, asked) => {
    const { browser } = await makeMember(`oat-to-${name.length}-${asked.length}`);
    const client = new OauthClient("oat-to");
    await client.register({ redirect_uris: [registered] });
    const ask = (redirect: string) => {
      const query = client.toQuery({ redirect_uri: redirect, resource: null });
      return browser.send("GET", `/oauth/authorization?${query}`);
    };
    expect((await ask(registered)).body.kind).toBe("ask");
    const { status, body } = await ask(asked);
    expect([status, body.to]).toEqual([400, undefined]);
  });

  test.each([
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:x",
    "ms-msdt:/id",
    "other://oauth/callback",
    "cursor://anysphere.cursor-deeplink/mcp/install",
    "cursor://anysphere.cursor-mcp/oauth/callback?config=x",
    "vscode:mcp/install",
    "https://*.example/cb",
    "https://%2a.example/cb",
    "http://192.168.1.5/cb",
  ])("%s is not registered alone", async (redirect) => {
    const client = new OauthClient("oat-none");
    expect((await client.register({ redirect_uris: [redirect] })).status).toBe(400);
  });

  test.each(["https://*.example/cb", "http://client.example/cb", "javascript:alert(1)"])(
    "%s is not registered beside another one",
    async (redirect) => {
      const client = new OauthClient("oat-none");
      expect((await client.register({ redirect_uris: [REDIRECT, redirect] })).status).toBe(400);
    },
  );

  test("of an unknown program can be registered beside another one, and gets no code", async () => {
    const { browser } = await makeMember("oat-own");
    const client = new OauthClient("oat-own");
    const own = "other://oauth/callback";
    expect((await client.register({ redirect_uris: [own, REDIRECT] })).status).toBe(201);
    const ask = (redirect: string) =>
      browser.send("GET", `/oauth/authorization?${client.toQuery({ redirect_uri: redirect })}`);
    const { status, body } = await ask(own);
    expect([status, body.to]).toEqual([400, undefined]);
    expect((await ask(REDIRECT)).body.kind).toBe("ask");
  });
});

describe("a client registers as it really does, signs in at each of its addresses, and the person sees where the access goes:", () => {
  const CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback";
  const CURSOR_WEB = "https://www.cursor.com/agents/mcp/oauth/callback";
  const VSCODE = "https://vscode.dev/redirect";
  let browser: Browser;

  beforeAll(async () => {
    ({ browser } = await makeMember("oat-as"));
  });

  test.each([
    [
      "Cursor",
      [CURSOR, CURSOR_WEB, "http://localhost:8787/callback"],
      CURSOR,
      "cursor://anysphere.cursor-mcp",
      true,
    ],
    ["Cursor on the web", [CURSOR, CURSOR_WEB], CURSOR_WEB, "www.cursor.com", false],
    ["VS Code", [VSCODE, "http://127.0.0.1/"], "http://127.0.0.1:33418/", "127.0.0.1", true],
    ["VS Code on the web", [VSCODE, "http://localhost/"], VSCODE, "vscode.dev", false],
    [
      "Cline",
      ["vscode://saoudrizwan.claude-dev/mcp-auth/callback"],
      null,
      "vscode://saoudrizwan.claude-dev",
      true,
    ],
    ["Claude", ["https://claude.ai/api/mcp/auth_callback"], null, "claude.ai", false],
    [
      "ChatGPT",
      ["https://chatgpt.com/connector_platform_oauth_redirect"],
      null,
      "chatgpt.com",
      false,
    ],
    ["an app with a reverse domain", ["com.example.app:/oauth"], null, "com.example.app:", true],
  ])("%s", async (name, redirects, used, redirectHost, isLocal) => {
    const client = new OauthClient("oat-as");
    const registered = await client.register({ client_name: name, redirect_uris: redirects });
    expect(registered.status).toBe(201);
    const redirect = used ?? redirects[0] ?? "";
    const query = client.toQuery({ redirect_uri: redirect });
    const { body } = await browser.send("GET", `/oauth/authorization?${query}`);
    expect(body).toMatchObject({ client: { name, host: null, redirectHost }, isLocal });
    const to = await client.consent(browser, null, query);
    expect(to.href.startsWith(redirect)).toBe(true);
    const code = to.searchParams.get("code") ?? "";
    expect((await client.redeem(code, { redirect_uri: redirect })).status).toBe(200);
    expect(await client.statusOfCall()).toBe(200);
  });
});

test("of an address with a loopback IP, the metadata leads to localhost, where passkeys work and the request is the same", async () => {
  const port = "8787";
  const fetchLocal = async (host: string, path: string) => {
    const request = new Request(`http://${host}:${port}${path}`, {
      headers: { host: `${host}:${port}` },
    });
    const hosts = { ...bindings, ALLOWED_HOSTS: `127.0.0.1:${port},localhost:${port}` };
    const response = await handleRequest(request, hosts, createExecutionContext());
    return response.json<Record<string, unknown>>();
  };
  const resource = `http://127.0.0.1:${port}/mcp/demo`;
  const place = "/.well-known/oauth-protected-resource/mcp/demo";
  expect(await fetchLocal("127.0.0.1", place)).toMatchObject({
    resource,
    authorization_servers: [`http://localhost:${port}/oauth`],
  });
  const metadata = "/.well-known/oauth-authorization-server/oauth";
  expect(await fetchLocal("localhost", metadata)).toMatchObject({
    issuer: `http://localhost:${port}/oauth`,
    authorization_endpoint: `http://localhost:${port}/oauth/authorize`,
  });
  expect(parseResource(`http://localhost:${port}`, resource)).toBe("demo");
  expect(parseResource(`http://localhost:${port}`, "http://127.0.0.1:1/mcp/demo")).toBeNull();
  expect(parseResource("https://gateway.example", resource)).toBeNull();
  expect(parseResource("https://gateway.example", "urn:mcp:demo")).toBeNull();
});

test("registrations beyond the limit of an address are refused, and store nothing", async () => {
  const { SMALL_STRANGER_LIMIT } = env as unknown as { SMALL_STRANGER_LIMIT: RateLimit };
  const limited = { ...bindings, STRANGER_LIMIT: SMALL_STRANGER_LIMIT };
  const register = async () => {
    const request = new Request(`http://${HOST}/oauth/register`, {
      method: "POST",
      headers: {
        host: HOST,
        "content-type": "application/json",
        "cf-connecting-ip": "198.18.77.1",
      },
      body: JSON.stringify({ redirect_uris: [REDIRECT], token_endpoint_auth_method: "none" }),
    });
    const response = await handleRequest(request, limited, createExecutionContext());
    return { status: response.status, body: await response.json<Record<string, unknown>>() };
  };
  // A new minute can begin meanwhile, with five more.
  const answers = [];
  for (let i = 0; i < 12; i++) answers.push(await register());
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every(({ body }) => !("client_id" in body))).toBe(true);
});

test("a flood of registrations makes room by the clients that registered first and that no person uses", async () => {
  const { browser } = await makeMember("oat-flood");
  const used = await OauthClient.signedIn("oat-flood", browser);
  const prepare = (sql: string) => bindings.DB.prepare(sql);
  await prepare("UPDATE oauth_records SET created_at = 0 WHERE key = ?")
    .bind(`client:${used.clientId}`)
    .run();
  await prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
     INSERT INTO oauth_records (key, value, version, created_at) SELECT 'client:flood-' || i, '{}', i, i FROM n`,
  ).run();
  const client = new OauthClient("oat-flood");
  expect((await client.register()).status).toBe(201);
  const count = (condition: string) =>
    prepare(`SELECT count(*) AS n FROM oauth_records WHERE ${condition}`).first<number>("n");
  expect(await count("key LIKE 'client:%'")).toBeLessThanOrEqual(10_000);
  expect(await count("key = 'client:flood-1'")).toBe(0);
  expect(await count(`key IN ('client:${used.clientId}', 'client:${client.clientId}')`)).toBe(2);
  await prepare("DELETE FROM oauth_records WHERE key LIKE 'client:flood-%'").run();
});

test("a registered client for which no person signs in is deleted after a day, and one in use is kept", async () => {
  const { browser } = await makeMember("oat-unused");
  const used = await OauthClient.signedIn("oat-unused", browser);
  const unused = new OauthClient("oat-unused");
  await unused.register();
  const asserting = await makeTrust("oat-asserting");
  await asserting.access();
  const isStored = ({ clientId }: { clientId: string }) =>
    bindings.DB.prepare("SELECT count(*) AS n FROM oauth_records WHERE key = ?")
      .bind(`client:${clientId}`)
      .first("n");
  await runCleanUp(Date.now() + DAY_MS / 2);
  expect([await isStored(used), await isStored(unused)]).toEqual([1, 1]);
  await runCleanUp(Date.now() + DAY_MS + 1_000);
  expect([await isStored(used), await isStored(unused)]).toEqual([1, 0]);
  expect(await isStored({ clientId: asserting.id })).toBe(1);
});

describe("a client with a metadata document", () => {
  /** The host of the document, as if it were on the internet; all other requests are sent. */
  function publish(url: string, document: unknown) {
    const { fetch } = globalThis;
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
      new Request(input).url === url
        ? Promise.resolve(Response.json(document))
        : fetch(input, init),
    );
  }

  const toDocument = (url: string) => ({
    client_id: url,
    client_name: "Claude",
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
  });

  test("has it read from the internet or the machine of the gateway, and never from the inside", async () => {
    const { browser } = await makeMember("oat-inside");
    const client = new OauthClient("oat-inside");
    const ask = async (host: string) => {
      client.clientId = `https://${host}/client.json`;
      publish(client.clientId, toDocument(client.clientId));
      const { body } = await browser.send("GET", `/oauth/authorization?${client.toQuery()}`);
      return body.kind ?? body.error.message;
    };
    for (const host of ["10.0.0.7", "192.168.1.5", "wiki.internal", "[fd00::7]", "100.64.0.1"])
      expect([host, await ask(host)]).toEqual([host, expect.stringContaining("is not fetched")]);
    for (const address of ["169.254.169.254", "2852039166", "[::ffff:169.254.169.254]"])
      expect(await ask(address)).toContain("is not fetched");
    for (const host of ["oat-inside.dev", "localhost:8443", "127.0.0.1:8443"])
      expect([host, await ask(host)]).toEqual([host, "ask"]);
  });

  test("has a name of at most 100 characters on the page", async () => {
    const { browser } = await makeMember("oat-long");
    const client = new OauthClient("oat-long");
    client.clientId = "https://client.oat-long.dev/client.json";
    publish(client.clientId, { ...toDocument(client.clientId), client_name: "x".repeat(3_000) });
    const { body } = await browser.send("GET", `/oauth/authorization?${client.toQuery()}`);
    expect(body.client.name).toBe(`${"x".repeat(99)}…`);
  });

  test("is named by its host, signs in where only verified clients may, and is refused with a name of another’s host", async () => {
    const slug = "oat-cimd";
    const { owner, browser } = await makeMember(slug);
    await owner.send("PATCH", `/workspaces/${slug}`, { oauth: { clients: "verified" } });
    const url = "https://client.oat-cimd.dev/client.json";
    publish(url, toDocument(url));
    const client = new OauthClient(slug);
    client.clientId = url;
    const { body } = await browser.send("GET", `/oauth/authorization?${client.toQuery()}`);
    expect(body).toMatchObject({
      client: { id: url, name: "Claude", host: "client.oat-cimd.dev", redirectHost: "127.0.0.1" },
      workspaces: [{ slug }],
      refusing: [],
    });
    await client.signIn(browser);
    expect(await client.statusOfCall()).toBe(200);
    expect((await client.refresh()).status).toBe(200);
    const other = "https://evil.oat-cimd.dev/client.json";
    publish(other, toDocument(url));
    client.clientId = other;
    const refused = await browser.send("GET", `/oauth/authorization?${client.toQuery()}`);
    expect([refused.status, refused.body.to]).toEqual([400, undefined]);
  });
});
