import { describe, expect, inject, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { makeJoinedUser, makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { HOST, makeMember, send, waitForRows } from "../support/gateway-client.ts";
import { refusalOf } from "../support/management-client.ts";
import { OauthClient, REDIRECT } from "../support/oauth-client.ts";

/** The address at which clouds have the secrets of a machine: never reached, also where private addresses are allowed. */
const METADATA_HOST = [169, 254, 169, 254].join(".");
const ORIGIN = `https://${HOST}`;

/** A workspace with one server that Bob, a member, is allowed to use. */
async function makeWorkspaceOfBob(slug: string) {
  const path = `/workspaces/${slug}`;
  const owner = await makeOwner(slug);
  await owner.send("POST", `${path}/servers`, { slug: "ok", url: `${inject("hostileUrl")}/ok` });
  const { browser: bob, memberId } = await makeJoinedUser(slug, "member", "Bob");
  await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:*"] });
  return { slug, path, owner, bob, memberId };
}

type WorkspaceOfBob = Awaited<ReturnType<typeof makeWorkspaceOfBob>>;

/** What ends a grant. */
const ENDINGS: Record<string, (workspace: WorkspaceOfBob) => Promise<unknown>> = {
  "its person revokes it": async ({ bob, path }) => {
    const { body } = await bob.send("GET", `${path}/me/tokens`);
    await bob.send("DELETE", `${path}/me/tokens/${body.items[0].id}`, {});
  },
  "OAuth is turned off": ({ owner, path }) =>
    owner.send("PATCH", path, { oauth: { enabled: false } }),
  "only verified clients may sign in": ({ owner, path }) =>
    owner.send("PATCH", path, { oauth: { clients: "verified" } }),
  "its person is removed": async ({ owner, path, memberId }) => {
    await owner.stepUp();
    await owner.send("DELETE", `${path}/members/${memberId}`, {});
  },
};

async function readJson(path: string) {
  const response = await send(path);
  return { status: response.status, body: await response.json<Record<string, unknown>>() };
}

describe("the address for OAuth", () => {
  test("says by 401 where the client signs in, and the metadata leads there", async () => {
    const client = new OauthClient("oa-none");
    const { status, headers } = await client.rpc("ping", {}, { token: "" });
    const metadataUrl = `${ORIGIN}/.well-known/oauth-protected-resource/mcp/oa-none`;
    expect([status, headers.get("www-authenticate")]).toEqual([
      401,
      `Bearer resource_metadata="${metadataUrl}", scope="mcp"`,
    ]);
    const resource = await readJson("/.well-known/oauth-protected-resource/mcp/oa-none");
    expect(resource.body).toMatchObject({
      resource: `${ORIGIN}/mcp/oa-none`,
      authorization_servers: [`${ORIGIN}/oauth`],
    });
    const ofServer = await readJson("/.well-known/oauth-protected-resource/mcp/oa-none/ok");
    expect(ofServer.body).toEqual(resource.body);
    const { body } = await readJson("/.well-known/oauth-authorization-server/oauth");
    expect(body).toMatchObject({
      issuer: `${ORIGIN}/oauth`,
      authorization_endpoint: `${ORIGIN}/oauth/authorize`,
      token_endpoint: `${ORIGIN}/oauth/token`,
      registration_endpoint: `${ORIGIN}/oauth/register`,
      code_challenge_methods_supported: ["S256"],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    });
    expect(body).not.toHaveProperty("protected_resources");
  });

  test("is the only one that leads to OAuth: nothing at the root, or at the static address, does", async () => {
    const paths = [
      "/.well-known/oauth-protected-resource",
      "/.well-known/oauth-authorization-server",
      "/.well-known/openid-configuration",
      "/.well-known/oauth-protected-resource/api/gw/oa-none",
      "/.well-known/oauth-authorization-server/api/gw/oa-none",
      "/api/gw/oa-none/.well-known/oauth-protected-resource",
      "/register",
      "/token",
    ];
    for (const path of paths) expect([path, (await send(path)).status]).toEqual([path, 404]);
    const client = new OauthClient("oa-none");
    const { headers } = await client.rpc("ping", {}, { token: "", base: "/api/gw" });
    expect(headers.get("www-authenticate")).toBe("Bearer");
  });
});

describe("a client for which a member has signed in", () => {
  test("calls what the member may call, as one of the member’s tokens, with its name in the audit log", async () => {
    const { slug, path, owner, bob, memberId } = await makeWorkspaceOfBob("oa-calls");
    const client = await OauthClient.signedIn(slug, bob);
    expect(await client.statusOfCall()).toBe(200);
    const [row] = await waitForRows(slug, 1);
    // It has sent no `initialize`: the name is that of its registration.
    expect(row?.clientName).toBe("Test client");
    const { body } = await bob.send("GET", `${path}/me/tokens`);
    expect(body.items).toMatchObject([
      {
        id: row?.tokenId,
        memberId,
        label: "Test client",
        client: {
          id: client.clientId,
          name: "Test client",
          host: null,
          redirectHost: "127.0.0.1",
        },
      },
    ]);
    expect(JSON.stringify(body)).not.toContain("accessTokens");
    await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: [] });
    const denied = await client.rpc("tools/call", { name: "echo", arguments: {} });
    expect(denied.message.error?.message).toContain("not allowed");
    const events = await owner.send("GET", `${path}/audit-events`);
    expect(events.body.items.map(({ summary }: { summary: string }) => summary)).toContain(
      "Bob signed in from the client “Test client” (127.0.0.1)",
    );
  });

  test("calls only the tools to which the member has narrowed it", async () => {
    const { slug, path, owner, bob, memberId } = await makeWorkspaceOfBob("oa-narrow");
    await owner.send("POST", `${path}/servers`, { slug: "two", url: `${inject("hostileUrl")}/ok` });
    await owner.send("PUT", `${path}/members/${memberId}/rules`, { rules: ["ok:*", "two:*"] });
    const client = await OauthClient.signedIn(slug, bob, ["two:*"]);
    const { message } = await client.rpc("tools/list");
    expect(message.result.tools.length).toBeGreaterThan(0);
    const one = await client.rpc("tools/list", {}, { server: "/ok" });
    expect(one.status).toBe(404);
    expect((await client.rpc("tools/list", {}, { server: "/two" })).status).toBe(200);
  });

  test("keeps its session when it refreshes its access", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-session");
    const client = await OauthClient.signedIn(slug, bob);
    const begun = await client.rpc("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "c", version: "1" },
    });
    const session = begun.headers.get("mcp-session-id") ?? "";
    const before = client.accessToken;
    expect((await client.refresh()).status).toBe(200);
    expect(client.accessToken).not.toBe(before);
    expect((await client.rpc("ping", {}, { session })).status).toBe(200);
  });

  test.each(Object.entries(ENDINGS))(
    "is refused on the next call, and gets no new access, when %s",
    async (_, end) => {
      const workspace = await makeWorkspaceOfBob(`oa-end-${Object.values(ENDINGS).indexOf(end)}`);
      const client = await OauthClient.signedIn(workspace.slug, workspace.bob);
      expect(await client.statusOfCall()).toBe(200);
      await end(workspace);
      const { status, headers } = await client.rpc("ping");
      expect([status, headers.get("www-authenticate")]).toEqual([
        401,
        expect.stringContaining('error="invalid_token"'),
      ]);
      expect((await client.refresh()).body.error).toBe("invalid_grant");
    },
  );

  test("is accepted again ten seconds after its client is allowed again", async () => {
    const { slug, path, owner, bob } = await makeWorkspaceOfBob("oa-again");
    const client = await OauthClient.signedIn(slug, bob);
    await owner.send("PATCH", path, { oauth: { clients: "verified" } });
    for (const seconds of [0, 4, 8, 12, 16])
      await later(seconds * 1_000, async () => expect(await client.statusOfCall()).toBe(401));
    await owner.send("PATCH", path, { oauth: { clients: "any" } });
    await later(26_001, async () => expect(await client.statusOfCall()).toBe(200));
  });

  test("ends its access by revocation: an access token alone, or with the refresh token all of it", async () => {
    const { slug, path, owner, bob } = await makeWorkspaceOfBob("oa-revoke");
    const client = await OauthClient.signedIn(slug, bob);
    const first = client.accessToken;
    await client.refresh();
    expect(await client.revoke(first)).toBe(200);
    expect([await client.statusOfCall(first), await client.statusOfCall()]).toEqual([401, 200]);
    expect(await client.revoke(client.refreshToken)).toBe(200);
    expect(await client.statusOfCall()).toBe(401);
    const { body } = await owner.send("GET", `${path}/audit-events`);
    expect(body.items[0].summary).toContain("its client gave it up");
  });
});

describe("a refresh token", () => {
  test("that two programs use at the same time gives both the same tokens", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-race");
    const client = await OauthClient.signedIn(slug, bob);
    const { refreshToken } = client;
    const answers = await Promise.all([1, 2, 3, 4].map(() => client.refresh(refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect(await client.statusOfCall()).toBe(200);
    expect((await client.refresh()).status).toBe(200);
  });

  test("that is used again after its successor was used ends the grant", async () => {
    const { slug, path, owner, bob } = await makeWorkspaceOfBob("oa-stolen");
    const client = await OauthClient.signedIn(slug, bob);
    const stolen = client.refreshToken;
    await client.refresh();
    await client.refresh();
    const { accessToken, refreshToken } = client;
    const thief = await later(DAY_MS, () => client.refresh(stolen));
    expect([thief.status, thief.body.error]).toEqual([400, "invalid_grant"]);
    expect(await client.statusOfCall(accessToken)).toBe(401);
    expect((await client.refresh(refreshToken)).body.error).toBe("invalid_grant");
    const { body } = await owner.send("GET", `${path}/audit-events`);
    expect(body.items[0].summary).toContain("a second time");
  });

  test("that was never issued ends nothing", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-guess");
    const client = await OauthClient.signedIn(slug, bob);
    const { refreshToken, accessToken } = client;
    const guess = refreshToken.replace(/.{8}$/, "AAAAAAAA");
    expect((await client.refresh(guess)).body.error).toBe("invalid_grant");
    expect(await client.statusOfCall(accessToken)).toBe(200);
    expect((await client.refresh(refreshToken)).status).toBe(200);
  });

  test("is of no use to another client, and an access token of one workspace is of none in another or at the static address", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-mine");
    await makeWorkspaceOfBob("oa-other");
    const client = await OauthClient.signedIn(slug, bob);
    const { refreshToken, accessToken } = client;
    const other = new OauthClient("oa-other");
    await other.register();
    expect((await other.refresh(refreshToken)).body.error).toBe("invalid_grant");
    expect((await other.rpc("ping", {}, { token: accessToken })).status).toBe(401);
    expect((await client.rpc("ping", {}, { token: accessToken, base: "/api/gw" })).status).toBe(
      401,
    );
    expect(await client.statusOfCall(accessToken)).toBe(200);
    const { token } = await makeMember(slug, ["ok:*"]);
    expect((await client.rpc("ping", {}, { token })).status).toBe(401);
  });
});

describe("an authorization code", () => {
  test("is redeemed once: a second use ends what the first one got", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-code");
    const client = new OauthClient(slug);
    await client.register();
    const code = (await client.consent(bob)).searchParams.get("code") ?? "";
    expect((await client.redeem(code)).status).toBe(200);
    expect(await client.statusOfCall()).toBe(200);
    expect((await client.redeem(code)).body.error).toBe("invalid_grant");
    expect(await client.statusOfCall()).toBe(401);
  });

  test("that two requests redeem at the same time is redeemed by one at most", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-code-race");
    const client = new OauthClient(slug);
    await client.register();
    const code = (await client.consent(bob)).searchParams.get("code") ?? "";
    const answers = await Promise.all([client.redeem(code), client.redeem(code)]);
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  test("needs the verifier, the redirect address and the client of its request, and comes with the issuer", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-pkce");
    const client = new OauthClient(slug);
    await client.register();
    const to = await client.consent(bob);
    expect(to.href.startsWith(`${REDIRECT}?`)).toBe(true);
    expect([to.searchParams.get("state"), to.searchParams.get("iss")]).toEqual([
      "st",
      `${ORIGIN}/oauth`,
    ]);
    const code = to.searchParams.get("code") ?? "";
    const wrong = [
      await client.redeem(code, { code_verifier: "x".repeat(43) }),
      await client.redeem(code, { redirect_uri: "http://127.0.0.1:1/other" }),
      await client.redeem(code, { resource: `${ORIGIN}/mcp/oa-other` }),
    ];
    expect(wrong.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect((await client.redeem(code)).status).toBe(200);
  });
});

describe("the question to a person", () => {
  test("says who asks, and only a signed-in member can allow it", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-asks");
    const { browser: eve } = await makeJoinedUser(
      (await makeWorkspaceOfBob("oa-elsewhere")).slug,
      "member",
    );
    const client = new OauthClient(slug);
    await client.register({ client_name: "<b>Claude</b>" });
    const query = client.toQuery();
    const asked = await bob.send("GET", `/oauth/authorization?${query}`);
    expect(asked.body).toEqual({
      kind: "ask",
      client: {
        id: client.clientId,
        name: "<b>Claude</b>",
        host: null,
        redirectHost: "127.0.0.1",
      },
      isLocal: true,
      workspaces: [{ slug, name: slug }],
      refusing: [],
      isKnown: false,
    });
    expect((await eve.send("GET", `/oauth/authorization?${query}`)).body.workspaces).toEqual([]);
    const allow = { decision: "allow", query, workspace: slug, tools: null };
    expect((await eve.send("POST", "/oauth/authorization", allow)).status).toBe(403);
    const forged = await bob.send("POST", "/oauth/authorization", allow, {
      "x-csrf-token": "forged",
    });
    expect(forged.status).toBe(403);
    const denied = await bob.send("POST", "/oauth/authorization", { decision: "deny", query });
    const to = new URL(denied.body.to);
    expect([to.searchParams.get("error"), to.searchParams.get("state")]).toEqual([
      "access_denied",
      "st",
    ]);
  });

  test("offers only workspaces that let the client sign in, and says which setting keeps it out of the others", async () => {
    const { slug, path, owner, bob } = await makeWorkspaceOfBob("oa-offers");
    const client = new OauthClient(slug);
    await client.register();
    const query = client.toQuery({ resource: null });
    const refusals = [];
    for (const oauth of [
      { clients: "verified" },
      { clients: "listed", hosts: ["claude.ai"] },
      { enabled: false },
    ]) {
      await owner.send("PATCH", path, { oauth });
      const { body } = await bob.send("GET", `/oauth/authorization?${query}`);
      expect(body.workspaces).toEqual([]);
      refusals.push(...body.refusing);
    }
    const place = { slug, name: slug };
    expect(refusals).toEqual([
      { ...place, refusal: "verified" },
      { ...place, refusal: "verified" },
      { ...place, refusal: "off" },
    ]);
  });

  test.each([
    ["an unknown client", { client_id: "nobody" }],
    [
      "a redirect address that the client has not registered",
      { redirect_uri: "https://evil.example/cb" },
    ],
    ["a redirect address with userinfo", { redirect_uri: "http://a@127.0.0.1:33418/callback" }],
    ["a metadata document at an inside address", { client_id: `https://${METADATA_HOST}/c.json` }],
    ["a script as redirect address", { redirect_uri: "javascript:alert(1)" }],
  ])("is not put for %s, and the browser goes nowhere", async (_, changes) => {
    const { slug, bob } = await makeWorkspaceOfBob(
      `oa-refused-${Object.values(changes)[0]?.length}`,
    );
    const client = new OauthClient(slug);
    await client.register();
    const { status, body } = await bob.send(
      "GET",
      `/oauth/authorization?${client.toQuery(changes)}`,
    );
    expect([status, body.to]).toEqual([400, undefined]);
  });

  test.each([
    ["no PKCE", { code_challenge: null, code_challenge_method: null }, "invalid_request"],
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["the implicit flow", { response_type: "token" }, "unsupported_response_type"],
    ["another resource", { resource: "https://evil.example/mcp/x" }, "invalid_target"],
  ])(
    "is not put for %s: the person reads the mistake, and the client gets it by a click only",
    async (_, changes, error) => {
      const { slug, bob } = await makeWorkspaceOfBob(
        `oa-back-${error.length}-${Object.keys(changes)[0]?.length}`,
      );
      const client = new OauthClient(slug);
      await client.register();
      const query = client.toQuery(changes);
      const { body } = await bob.send("GET", `/oauth/authorization?${query}`);
      expect(body).toMatchObject({ kind: "mistake", error, redirectHost: "127.0.0.1" });
      expect(new URL(body.to).searchParams.get("error")).toBe(error);
      const answered = await bob.send("POST", "/oauth/authorization", { decision: "deny", query });
      expect([answered.status, answered.body.to]).toEqual([400, undefined]);
    },
  );

  test.each([
    ["has a state of many thousand characters", `state=${"x".repeat(8_500)}`, "8,192 characters"],
    ["names two clients", "client_id=other", '"client_id" more than once'],
    [
      "names two redirect addresses",
      "redirect_uri=https://b.example/cb",
      '"redirect_uri" more than',
    ],
  ])("is not put when it %s: the person reads why at once", async (_, more, words) => {
    const { slug, bob } = await makeWorkspaceOfBob(`oa-query-${more.length}`);
    const client = new OauthClient(slug);
    await client.register();
    const query = `${client.toQuery({ state: null })}&${more}`;
    const answer = await bob.send("GET", `/oauth/authorization?${query}`);
    expect([answer.status, refusalOf(answer)]).toEqual([400, expect.stringContaining(words)]);
  });

  test("takes another port of a loopback address than the registered one (RFC 8252)", async () => {
    const { slug, bob } = await makeWorkspaceOfBob("oa-port");
    const client = new OauthClient(slug);
    await client.register();
    const query = client.toQuery({ redirect_uri: "http://127.0.0.1:50123/callback" });
    expect((await bob.send("GET", `/oauth/authorization?${query}`)).body.kind).toBe("ask");
  });
});

describe("a registration", () => {
  test.each([
    ["a script", "javascript:alert(1)"],
    ["plain http to another machine", "http://evil.example/cb"],
    ["a fragment", "https://client.example/cb#x"],
    ["userinfo", "https://user@client.example/cb"],
    ["a backslash", "https://evil.example\\@client.example/cb"],
  ])("with %s as redirect address is refused as such", async (_, redirect) => {
    const client = new OauthClient("oa-none");
    for (const redirect_uris of [[redirect], [REDIRECT, redirect]]) {
      const { status, body } = await client.register({ redirect_uris });
      expect([status, body.error]).toEqual([400, "invalid_redirect_uri"]);
    }
  });

  test("of another size than a client's, or with a name that no person reads to its end, is refused", async () => {
    const client = new OauthClient("oa-none");
    const named = await client.register({ client_name: "x".repeat(101) });
    expect([named.status, named.body.error]).toEqual([400, "invalid_client_metadata"]);
    expect((await client.register({ client_name: "\u{1f980}".repeat(100) })).status).toBe(201);
    expect((await client.register({ client_name: "x".repeat(20_000) })).status).toBe(413);
  });
});
